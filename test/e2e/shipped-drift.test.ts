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
  readonly request: {
    readonly inputs: readonly {
      readonly shape: readonly number[]
      readonly data: readonly unknown[]
    }[]
  }
}

const folder = join(projectFolder, 'examples', 'training', 'heldout')
const heldOut = readdirSync(folder).map(
  name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as HeldOut
)

/** All rows count, and are looked at often. */
const flags = {
  'drift-sub-window-ms': '100',
  'drift-snapshot-ms': '60000',
  'drift-request-budget-us': '0'
}
/** Wines that were bottled; those after them are made up. */
const winesBottled = 60

/** A request's first rows. */
function firstRows({ inputs }: HeldOut['request'], rows: number): HeldOut['request'] {
  return {
    inputs: inputs.map(({ data, shape: [all = 0, ...rest], ...input }) => ({
      ...input,
      shape: [rows, ...rest],
      data: data.slice(0, (data.length / all) * rows)
    }))
  }
}

t.test('each shipped version has a reference, and rows that training never saw raise no alarm', async t => {
  const app = await startApp(t, join(projectFolder, 'models'), { ...flags, 'state-dir': repository(t, {}) })
  const path = ({ model, version }: HeldOut): string => `/v2/models/${model}/versions/${version}`
  const view = async (one: HeldOut): Promise<View> =>
    (await app.http.inject({ url: `${path(one)}/drift` })).json<View>()
  /** What a few evaluations make of a request: a state has to last for two. */
  async function monitorsAfter(one: HeldOut, payload: object): Promise<View['monitors']> {
    const { statusCode } = await app.http.inject({ method: 'POST', url: `${path(one)}/infer`, payload })
    t.equal(statusCode, 200, one.model)
    const seen = new Set<string | undefined>()
    let last = await view(one)
    while (seen.size < 5) {
      last = await view(one)
      seen.add(last.evaluatedAt)
    }
    return last.monitors
  }
  const isAlarm = ({ state }: View['monitors'][number]): boolean => ['warning', 'critical'].includes(state)

  t.equal(heldOut.length, 6)
  for (const one of heldOut) {
    const name = `${one.model} ${one.version}`
    t.match(await view(one), { state: 'insufficient_data', profile: { source: /^(csv|jsonl): / } }, name)
    const isWine = one.model === 'wine-anomaly'
    const monitors = await monitorsAfter(one, isWine ? firstRows(one.request, winesBottled) : one.request)
    for (const monitor of monitors)
      t.notOk(isAlarm(monitor), `${name}, ${monitor.name}: ${monitor.explanation}`)
    // There are too few images for a verdict.
    if (one.model !== 'digits')
      t.ok(
        monitors.some(({ state }) => state === 'ok'),
        `${name} has been judged`
      )
    if (isWine)
      t.ok((await monitorsAfter(one, one.request)).some(isAlarm), 'wines that nobody bottled are noticed')
  }
})
