// The rules, dashboards and services that are shipped: each metric that they ask for exists, and no panel lies upon another.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseYaml } from '../../src/base/yaml.ts'
import { driftMetricTable } from '../../src/monitoring/drift/metric-table.ts'
import { metricTable } from '../../src/monitoring/metric-table.ts'
import { Metrics } from '../../src/monitoring/metrics.ts'

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly annotations?: { readonly summary?: string; readonly description?: string }
  readonly labels?: { readonly severity?: string }
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly legendFormat: string
  }[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}

interface Dashboard {
  readonly id?: number
  readonly uid: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}

function yaml<Value>(file: string): Value {
  const read = parseYaml(readFileSync(file, 'utf8'))
  if ('problems' in read) throw new Error(`${file}: ${read.problems.join()}`)
  return read.value as Value
}

const folder = 'docker/prometheus/rules'
const groups = readdirSync(folder).flatMap(
  name => yaml<{ groups: { name: string; rules: Rule[] }[] }>(join(folder, name)).groups
)
const rules = groups.flatMap(group => group.rules)
const recorded = new Set(rules.flatMap(({ record }) => record ?? []))
const own = Object.entries({ ...metricTable, ...driftMetricTable }).flatMap(([name, { type }]) =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
)
const exposition = await new Metrics().render()
const ofProcess = [...exposition.matchAll(/^# TYPE ((?:process|nodejs)_\w+)/gm)].map(([, name]) => name!)
const known = new Set([...own, ...recorded, ...ofProcess, 'up'])

/** Names that stand where a metric does. */
function metricsOf(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '""')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(?:by|on|ignoring|without) \([^)]*\)/g, '')
  return [...bare.matchAll(/\b(?:kedge_|feature|process_|nodejs_|up\b)[\w:]*/g)].map(([name]) => name)
}

t.test('rules ask for metrics that there are, and alerts say what to do', async t => {
  t.ok(rules.length > 40)
  t.ok(ofProcess.length > 10)
  for (const { record, alert, expr, annotations, labels } of rules) {
    const name = record ?? alert!
    const asked = metricsOf(expr)
    t.ok(asked.length > 0, name)
    for (const metric of asked) t.ok(known.has(metric), `${name} asks for ${metric}`)
    if (alert === undefined) continue
    t.match(annotations?.summary, /\S.{15,}/, alert)
    t.match(annotations?.description, /\S.{40,}/, alert)
    t.match(labels?.severity, /^(info|warning|critical)$/, alert)
  }
  const names = rules.flatMap(({ record, alert }) => alert ?? record ?? [])
  t.strictSame(names, [...new Set(names)], 'each name is given once')
})

t.test('every window has the same rules', async t => {
  const rulesOf = (window: string): string => {
    const group = groups.find(({ name }) => name === `kedge-drift-${window}`)
    return JSON.stringify(group?.rules).replace(
      new RegExp(`(:|increase|ratio|\\[)${window}\\b`, 'g'),
      '$1WINDOW'
    )
  }
  const hour = rulesOf('1h')
  t.match(hour, /\[WINDOW\]/)
  t.notMatch(hour, /1h/)
  t.equal(rulesOf('10m'), hour)
  t.equal(rulesOf('24h'), hour)
})

for (const [file, variables] of [
  ['service.json', ['datasource', 'model', 'version']],
  ['drift.json', ['datasource', 'model', 'version', 'feature']]
] as const)
  t.test(`the dashboard ${file}`, async t => {
    const { id, uid, schemaVersion, panels, templating } = JSON.parse(
      readFileSync(`docker/grafana/dashboards/${file}`, 'utf8')
    ) as Dashboard
    t.match(uid, /^kedge-/)
    t.equal(id, undefined, 'its number is for each Grafana to give')
    t.ok(schemaVersion >= 39)
    t.strictSame(
      templating.list.map(({ name }) => name),
      variables
    )
    t.equal(new Set(panels.map(panel => panel.id)).size, panels.length, 'panels have ids of their own')
    const taken = new Set<string>()
    for (const { title, type, gridPos, targets, fieldConfig } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          if (taken.has(`${x} ${y}`) || x >= 24) t.fail(`${title} lies on another panel`)
          taken.add(`${x} ${y}`)
        }
      if (type === 'row') continue
      t.ok(targets !== undefined && targets.length > 0, title)
      t.equal(new Set(targets?.map(({ refId }) => refId)).size, targets?.length, title)
      t.ok(fieldConfig?.defaults.unit, `${title} has a unit`)
      for (const { expr, legendFormat } of targets ?? []) {
        t.match(legendFormat, /\S/, `${title} has a legend`)
        const asked = metricsOf(expr)
        t.ok(asked.length > 0, title)
        for (const metric of asked) t.ok(known.has(metric), `${title} asks for ${metric}`)
        for (const [, name] of expr.matchAll(/\$(\w+)/g))
          t.ok([...variables, '__rate_interval'].includes(name!), `${title} uses $${name}`)
      }
    }
  })

t.test('the services mount what there is, and say when they are well', async t => {
  interface Service {
    readonly image: string
    readonly ports: readonly string[]
    readonly volumes: readonly string[]
    readonly healthcheck?: object
  }
  const { services } = yaml<{ services: Record<string, Service> }>('docker/compose.yaml')
  t.strictSame(Object.keys(services), ['kedge', 'prometheus', 'grafana'])
  for (const [name, { image, ports, volumes, healthcheck }] of Object.entries(services)) {
    for (const port of ports) t.match(port, /^127\.0\.0\.1:/, `${name} is for this machine only`)
    for (const volume of volumes) {
      const source = volume.split(':')[0]!
      if (source.startsWith('./')) t.ok(readdirSync(join('docker', source)).length > 0, source)
    }
    // The image of Kedge brings its own.
    if (name === 'kedge') continue
    t.match(image, /:v?\d+\.\d+\.\d+$/, `${name} has a fixed version`)
    t.ok(healthcheck, name)
  }
  const { scrape_configs } = yaml<{ scrape_configs: { static_configs: { targets: string[] }[] }[] }>(
    'docker/prometheus/prometheus.yml'
  )
  t.strictSame(scrape_configs[0]?.static_configs[0]?.targets, ['kedge:8080'])
  const { datasources } = yaml<{ datasources: { type: string; url: string }[] }>(
    'docker/grafana/provisioning/datasources/prometheus.yml'
  )
  t.match(datasources, [{ type: 'prometheus', url: 'http://prometheus:9090' }])
  const { providers } = yaml<{ providers: { options: { path: string } }[] }>(
    'docker/grafana/provisioning/dashboards/kedge.yml'
  )
  t.ok(services['grafana']?.volumes.includes(`./grafana/dashboards:${providers[0]?.options.path}:ro`))
})
