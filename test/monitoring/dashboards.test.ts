// The rules and dashboards that are shipped: each metric that they ask for exists, and no panel lies upon another.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseYaml } from '../../src/base/yaml.ts'
import { driftMetricTable } from '../../src/monitoring/drift/metric-table.ts'
import { metricTable } from '../../src/monitoring/metric-table.ts'

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly annotations?: { readonly summary?: string; readonly description?: string }
  readonly labels?: { readonly severity?: string }
}

interface Panel {
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}

const folder = 'docker/prometheus/rules'
const rules = readdirSync(folder).flatMap(name => {
  const read = parseYaml(readFileSync(join(folder, name), 'utf8'))
  if ('problems' in read) throw new Error(read.problems.join())
  return (read.value as { groups: { rules: Rule[] }[] }).groups.flatMap(group => group.rules)
})
const recorded = new Set(rules.flatMap(({ record }) => record ?? []))
const own = Object.entries({ ...metricTable, ...driftMetricTable }).flatMap(([name, { type }]) =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
)
const known = new Set([...own, ...recorded, 'up', 'ALERTS'])

/** Names that stand where a metric does. */
function metricsOf(expression: string): string[] {
  const bare = expression.replace(/"[^"]*"/g, '""').replace(/\{[^}]*\}/g, '')
  return [...bare.matchAll(/\b(?:kedge_|feature|up\b)[\w:]*/g)]
    .map(([name]) => name)
    .filter(name => name === 'up' || name.startsWith('kedge_') || name.includes(':'))
}

t.test('rules ask for metrics that there are, and alerts say what to do', async t => {
  t.ok(rules.length > 40)
  for (const { record, alert, expr, annotations, labels } of rules) {
    const name = record ?? alert!
    const asked = metricsOf(expr)
    t.ok(asked.length > 0, name)
    for (const metric of asked) t.ok(known.has(metric), `${name} asks for ${metric}`)
    if (alert === undefined) continue
    t.match(annotations?.summary, /\S.{20,}/, alert)
    t.match(annotations?.description, /\S.{20,}/, alert)
    t.match(labels?.severity, /^(info|warning|critical)$/, alert)
  }
  const alerts = rules.flatMap(({ alert }) => alert ?? [])
  t.strictSame(alerts, [...new Set(alerts)])
})

for (const file of ['service.json', 'drift.json'])
  t.test(`the dashboard ${file}`, async t => {
    const { panels, uid } = JSON.parse(readFileSync(`docker/grafana/dashboards/${file}`, 'utf8')) as {
      panels: readonly Panel[]
      uid: string
    }
    t.match(uid, /^kedge-/)
    const taken = new Set<string>()
    for (const { title, type, gridPos, targets, fieldConfig } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          if (taken.has(`${x} ${y}`) || x >= 24) t.fail(`${title} lies on another panel`)
          taken.add(`${x} ${y}`)
        }
      if (type === 'row') continue
      t.ok(targets !== undefined && targets.length > 0, title)
      t.ok(fieldConfig?.defaults.unit, `${title} has a unit`)
      for (const { expr, legendFormat } of targets ?? []) {
        t.match(legendFormat, /\S/, `${title} has a legend`)
        for (const metric of metricsOf(expr)) t.ok(known.has(metric), `${title} asks for ${metric}`)
      }
    }
  })
