// The references of the shipped models: each fits its version, knows everything that is monitored, and takes rows that training never saw
// for what they are.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository, startApp } from '../helpers/app.ts'

interface View {
  readonly state: string
  readonly reason?: string
  readonly rowsSeen: number
  readonly evaluatedAt?: string
  readonly profile?: { readonly source: string }
  readonly monitors: readonly {
    readonly name: string
    readonly state: string
    readonly explanation: string
  }[]
}

interface HeldOut {
  readonly model: string
  readonly version: string
  readonly request: object
}

const folder = join(projectFolder, 'examples', 'training', 'heldout')
const heldOut = readdirSync(folder).map(
  name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as HeldOut
)

t.test('each shipped version has a reference, and rows that training never saw raise no alarm', async t => {
  const state = repository(t, {})
  const flags = { 'state-dir': state, 'drift-sub-window-ms': '100', 'drift-snapshot-ms': '60000' }
  const app = await startApp(t, join(projectFolder, 'models'), flags)
  const view = async ({ model, version }: HeldOut): Promise<View> =>
    (await app.http.inject({ url: `/v2/models/${model}/versions/${version}/drift` })).json<View>()
  t.equal(heldOut.length, 6)
  for (const one of heldOut) {
    const name = `${one.model} ${one.version}`
    t.match(await view(one), { state: 'insufficient_data', profile: { source: /^(csv|jsonl): / } }, name)
    const url = `/v2/models/${one.model}/versions/${one.version}/infer`
    const { statusCode } = await app.http.inject({ method: 'POST', url, payload: one.request })
    t.equal(statusCode, 200, name)
    // Made-up rows are among those of the anomalies.
    if (one.model === 'wine-anomaly') continue
    const seen = new Set<string | undefined>()
    let last = await view(one)
    while (seen.size < 5) {
      last = await view(one)
      seen.add(last.evaluatedAt)
    }
    for (const monitor of last.monitors)
      t.notOk(
        ['warning', 'critical'].includes(monitor.state),
        `${name}, ${monitor.name}: ${monitor.explanation}`
      )
  }
})
