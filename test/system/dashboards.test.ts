// A real Prometheus that scrapes two replicas with every metric there is: each rule can be evaluated, each query of the dashboards parses,
// and each shows something.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { madeUpReplica } from './made-up-replica.ts'
import { docker, evaluatedRules, query, startPrometheus } from './prometheus-server.ts'

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[]
  }
}

const folder = join(docker, 'grafana', 'dashboards')
const dashboards = readdirSync(folder).map(name => ({
  name,
  ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard)
}))

/** What Grafana puts in for its variables. */
const filled = (expression: string): string =>
  expression
    .replaceAll('$__rate_interval', '8s')
    .replaceAll('$model', '.*')
    .replaceAll('$version', '.*')
    .replaceAll('$feature', 'height')

t.test('rules and dashboards over two replicas', async t => {
  const replicas = [await madeUpReplica(t), await madeUpReplica(t)]
  const prometheus = await startPrometheus(
    t,
    t.testdir({}),
    replicas.map(({ address }) => address)
  )
  const isThere = async (expression: string): Promise<boolean> => {
    const { status, error, data } = await query(prometheus, expression)
    if (status !== 'success') throw new Error(`${expression}: ${error}`)
    return data!.result.length > 0
  }
  /** Rules are evaluated one after the other: what depends on several may take a few scrapes more. */
  const appears = async (expression: string): Promise<boolean> => {
    for (let scrapes = 0; scrapes < 20 && !(await isThere(expression)); scrapes++)
      await replicas[0]!.scraped()
    return isThere(expression)
  }
  // The last of the rules to have a value: it builds on windows, which build on counts.
  for (const last of [
    'feature:kedge_drift_psi:decided',
    'feature_kind:kedge_feature_observations_growth:z1h'
  ])
    while (!(await isThere(last))) await replicas[0]!.scraped()
  while ((await evaluatedRules(prometheus)).some(({ health }) => health === 'unknown'))
    await replicas[0]!.scraped()

  for (const { name, health, lastError } of await evaluatedRules(prometheus))
    t.equal(health, 'ok', `${name} ${lastError ?? ''}`)

  for (const { name, panels, templating } of dashboards) {
    t.ok(panels.length > 10, name)
    for (const { title, targets = [] } of panels)
      for (const { expr } of targets) t.ok(await appears(filled(expr)), `${name}, ${title}: ${expr}`)
    for (const variable of templating.list) {
      if (typeof variable.query === 'string') continue
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(variable.query.query) ?? []
      const values = `count(count by (${label}) (${filled(series!)})) > 1`
      t.ok(await appears(values), `${name}, $${variable.name}`)
    }
  }

  const { status } = await query(prometheus, 'sum by (model (up)')
  t.equal(status, 'error', 'what does not parse is told of')
})
