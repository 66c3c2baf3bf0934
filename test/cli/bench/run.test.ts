import t from 'tap'
import { sleep } from '../../../src/base/clock.ts'
import { BenchError } from '../../../src/cli/bench/bench-error.ts'
import type { Client } from '../../../src/cli/bench/client.ts'
import type { Answer } from '../../../src/cli/bench/load.ts'
import type { Report } from '../../../src/cli/bench/report.ts'
import { type BenchPlan, runBench } from '../../../src/cli/bench/run.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

const metadata = { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }] }
const fine: Answer = { ok: true, status: '200', text: '' }
const plan: BenchPlan = {
  url: 'http://127.0.0.1:8080',
  model: 'm',
  version: undefined,
  load: { kind: 'closed', concurrency: 4 },
  warmUpSeconds: 2,
  durationSeconds: 5,
  rows: 3,
  data: undefined,
  binary: false,
  seed: 1
}

interface Server {
  readonly metadata?: { readonly status: number; readonly json: unknown }
  readonly answer?: (sequence: number) => Answer
  readonly stats?: () => { readonly status: number; readonly json: unknown }
}

/** A server without a network that takes 10 ms for a prediction. */
function fakeServer(clock: FakeClock, server: Server) {
  const bodies: string[] = []
  const client: Client = {
    async infer({ body }) {
      const sequence = bodies.length
      bodies.push(Buffer.from(body).toString())
      await sleep(clock, 10)
      return server.answer?.(sequence) ?? fine
    },
    get: async path =>
      path === '/stats'
        ? (server.stats?.() ?? { status: 404, json: undefined })
        : (server.metadata ?? { status: 200, json: metadata }),
    close: async () => {}
  }
  return { bodies, client }
}

async function run(over: Partial<BenchPlan> = {}, server: Server = {}) {
  const clock = new FakeClock()
  const { bodies, client } = fakeServer(clock, server)
  const pacer = {
    monotonicMs: () => clock.monotonicMs(),
    until: (dueMs: number) => sleep(clock, dueMs - clock.monotonicMs())
  }
  const lines: string[] = []
  const progress = (line: string): void => void lines.push(line)
  const running = runBench({ ...plan, ...over }, { client, clock, pacer, progress })
  running.catch(() => {})
  await clock.advance(10_000)
  return { report: (): Promise<Report> => running, bodies, lines, clock }
}

t.test('a closed loop: warm-up, measured time, report', async t => {
  const { report, bodies, lines, clock } = await run()
  t.match(await report(), {
    url: plan.url,
    model: 'm',
    version: null,
    load: plan.load,
    payload: { kind: 'json', rows: 3, count: 16 },
    requests: 2000,
    failed: 0,
    requestsPerSecond: 400,
    rowsPerSecond: 1200,
    latencyMs: { mean: 10, max: 10 },
    stability: { stable: true },
    server: null
  })
  // One to see that it works, then 700 rounds of four.
  t.equal(bodies.length, 1 + 2800)
  t.equal(new Set(bodies).size, 16, 'payloads are sent in turn')
  // The last four of the first second end right after it.
  t.match(lines[0], /^1 s: 396 requests\/s, .* warming up$/)
  t.notMatch(lines.at(-1), /warming up/)
  t.equal(clock.pending, 0)
})

t.test('an open loop, the same for the same seed', async t => {
  const open = { load: { kind: 'open', ratePerSecond: 200, outstandingMax: 2 } } as const
  const reports = await Promise.all([run(open), run(open)].map(async one => (await one).report()))
  t.same(reports[0], reports[1])
  const { requests, dropped, latencyMs } = reports[0]!
  t.ok(requests + dropped > 900 && requests + dropped < 1100, `${requests} sent, ${dropped} dropped`)
  t.ok(dropped > 0)
  t.equal(latencyMs.max, 10)
  const other = await (await run({ ...open, seed: 2 })).report()
  t.not(other.requests, requests)
})

t.test('errors under load are counted', async t => {
  const refused: Answer = { ok: false, status: '429', text: 'too many requests' }
  const { report } = await run({}, { answer: sequence => (sequence % 2 === 0 ? fine : refused) })
  t.match(await report(), {
    requests: 2000,
    failed: 1000,
    errorsByStatus: { 429: 1000 },
    firstError: '429: too many requests'
  })
})

t.test("the server's own figures, where it has them", async t => {
  let asked = 0
  const stats = () => {
    const count = asked++ * 100
    const timing = (ns: number) => ({ count, ns: count * ns })
    const inference_stats = { queue: timing(2e6), compute_infer: timing(3e6) }
    return {
      status: 200,
      json: { model_stats: [{ inference_count: 3 * count, execution_count: count, inference_stats }] }
    }
  }
  t.same((await (await run({}, { stats })).report()).server, {
    queueMeanMs: 2,
    inferMeanMs: 3,
    rowsPerRun: 3
  })
  t.equal(asked, 2)
  const broken = (): never => {
    throw new BenchError('gone')
  }
  t.equal((await (await run({}, { stats: broken })).report()).server, null)
})

t.test('a request of a file needs no metadata', async t => {
  const body = Buffer.from('{"inputs":[{"name":"x","shape":[7,1],"datatype":"FP32","data":[1,2,3,4,5,6,7]}]}')
  const { report, bodies } = await run(
    { data: { file: 'a.json', body }, rows: undefined },
    { metadata: { status: 500, json: undefined } }
  )
  t.match((await report()).payload, { kind: 'file', rows: 7, count: 1, bytes: body.byteLength })
  t.same(new Set(bodies), new Set([body.toString()]))
})

t.test('nothing to measure: one line, before any load', async t => {
  const refuse = (): Answer => ({ ok: false, status: '400', text: 'no' })
  const data = { file: 'a.json', body: Buffer.from('{"inputs":[{"shape":[1]}]}') }
  const cases: [over: Partial<BenchPlan>, server: Server, text: RegExp, sent: number][] = [
    [
      {},
      { metadata: { status: 404, json: { error: 'unknown model "m"' } } },
      /^the server has no metadata of model 'm' \(404: unknown model "m"\)$/,
      0
    ],
    [{}, { metadata: { status: 502, json: undefined } }, /model 'm' \(502\)$/, 0],
    [{}, { answer: refuse }, /^the first request failed \(400: no\); .*--data$/, 1],
    [{ binary: true }, { answer: refuse }, /^the first request failed \(400: no\); .*binary tensors\?$/, 1],
    [{ data }, { answer: refuse }, /^the first request failed \(400: no\)$/, 1],
    [
      {},
      { answer: () => ({ ok: false, status: 'timeout', text: '' }) },
      /^the first request failed \(timeout\)/,
      1
    ]
  ]
  for (const [over, server, text, sent] of cases) {
    const { report, bodies } = await run(over, server)
    await t.rejects(report(), { name: 'BenchError', message: text })
    t.equal(bodies.length, sent)
  }
})
