import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import type { RequestReport } from '../../../src/inference/observer.ts'
import { Metrics } from '../../../src/monitoring/metrics.ts'
import {
  closeMaxMs,
  idCharsMax,
  type PredictionLogOptions,
  predictionLog,
  warningsApartMs
} from '../../../src/monitoring/prediction-log/log.ts'
import type { InferenceRequest, NamedTensor } from '../../../src/tensor/tensor.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { column, fakeVersion, manifestOf } from '../../helpers/fakes.ts'
import { settling, turn } from '../../helpers/turn.ts'

const limits = {
  rowsPerRequestMax: 64,
  elementsPerTensorMax: 4096,
  recordBytesMax: 65_536,
  queueBytesMax: 2 ** 20
}

interface Line {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
  readonly [fact: string]: unknown
}

/** A log whose slices run at the end of the turn, and the lines that its sink took. */
function bench(over: Partial<PredictionLogOptions> = {}, predictionLogRules: object = {}) {
  const clock = new FakeClock()
  const metrics = new Metrics()
  const lines: Line[] = []
  const warnings: [facts: object, message: string][] = []
  const numbers = [0.5]
  const log = predictionLog({
    limits,
    sampleRatio: 1,
    sink: { write: async block => void lines.push(...block.map(line => JSON.parse(line) as Line)) },
    hashKey: Buffer.from('key'),
    random: () => numbers[0]!,
    newId: () => 'p-1',
    defer: slice => void setImmediate(slice),
    clock,
    log: { warn: (facts, message) => void warnings.push([facts, message]) },
    metrics,
    ...over
  })
  const { version } = fakeVersion('churn', 7, {
    manifest: manifestOf({ predictionLog: predictionLogRules }),
    clock
  })
  const begin = (request: InferenceRequest, rows = request.inputs[0]!.shape[0]!): void =>
    log.decoded({ version, request, rows, key: request })
  const end = (
    key: object | undefined,
    outputs?: readonly NamedTensor[],
    more: Partial<RequestReport> = {}
  ): void => {
    const result = { outputs: outputs ?? [], queueMs: 0, runMs: 1, batchRows: 1, firstOfBatch: true }
    const ran = outputs === undefined ? undefined : { rows: 1, readMs: 0, result }
    log.finished({
      version,
      protocol: 'v2',
      outcome: 'success',
      durationMs: 2.34567,
      ran,
      error: undefined,
      key,
      ...more
    })
  }
  const total = (outcome: string) => metrics.counter('kedge_prediction_log_records_total').row({ outcome })[0]
  return { log, clock, lines, warnings, numbers, version, begin, end, total }
}

const request = (...inputs: readonly NamedTensor[]): InferenceRequest => ({ inputs, parameters: {} })

t.test('a request and its answer become one line', async t => {
  const { begin, end, log, lines, clock, total, warnings } = bench()
  const asked = { ...request(column('x', 1, 2)), id: 'mine' }
  begin(asked)
  t.strictSame(lines, [])
  await clock.advance(5)
  // The run moved the memory away.
  structuredClone(asked.inputs[0]!.data, {
    transfer: [(asked.inputs[0]!.data as Float32Array).buffer as ArrayBuffer]
  })
  end(asked, [column('y', 3, 4)])
  await log.close()
  t.strictSame(lines, [
    {
      time: '2026-01-01T00:00:00.005Z',
      model: 'churn',
      version: 7,
      protocol: 'v2',
      outcome: 'success',
      durationMs: 2.346,
      id: 'mine',
      predictionId: 'p-1',
      rows: 2,
      rowsLeftOut: 0,
      inputs: { x: [1, 2] },
      outputs: { y: [3, 4] }
    }
  ])
  t.strictSame([total('written'), total('dropped'), warnings], [1, 0, []])
})

t.test(
  'a request that failed has no outputs; one that was never begun or ends twice has no line',
  async t => {
    const { begin, end, log, lines } = bench()
    const asked = request(column('x', 1))
    begin(asked)
    end(asked, undefined, { outcome: 'expired', error: new ServingError('DEADLINE_EXCEEDED', 'late') })
    end(asked, [column('y', 1)])
    end(undefined, [column('y', 1)])
    end({}, [column('y', 1)])
    await log.close()
    t.match(lines, [{ outcome: 'expired', inputs: { x: [1] }, outputs: {} }])
    t.equal(lines.length, 1)
  }
)

t.test('a sample is taken before anything is looked at', async t => {
  const cases: [server: number, model: number | undefined, random: number, logged: boolean][] = [
    [1, undefined, 0.999, true],
    [0, undefined, 0, false],
    [0.25, undefined, 0.249, true],
    [0.25, undefined, 0.25, false],
    [0, 0.5, 0.4, true],
    [1, 0, 0, false],
    [0.1, 1, 0.9, true]
  ]
  for (const [sampleRatio, ofModel, random, logged] of cases) {
    const rules = ofModel === undefined ? {} : { sampleRatio: ofModel }
    const { begin, end, log, lines } = bench({ sampleRatio, random: () => random }, rules)
    let looked = false
    const asked = {
      ...request(),
      get inputs() {
        looked = true
        return [column('x', 1)]
      }
    }
    begin(asked, 1)
    end(asked, [column('y', 1)])
    await log.close()
    t.strictSame(
      [looked, lines.length],
      [logged, Number(logged)],
      JSON.stringify([sampleRatio, ofModel, random])
    )
  }
  const off = bench({}, { enabled: false })
  const asked = request(column('x', 1))
  off.begin(asked)
  off.end(asked, [column('y', 1)])
  await off.log.close()
  t.strictSame(off.lines, [])
})

t.test('rules are those of model.yaml as it stands now', async t => {
  const { begin, end, log, lines, version, warnings } = bench({}, { features: { x: 'redact', y: 'hash' } })
  const ask = async (): Promise<Line> => {
    const asked = request(column('x', 41.25))
    begin(asked)
    end(asked, [column('y', 5)])
    await log.close()
    return lines.at(-1)!
  }
  t.match(await ask(), { inputs: { x: '[redacted]' }, outputs: { y: [/^hash:.{16}$/] } })
  version.configure(manifestOf({ predictionLog: { standard: 'redact', features: { y: 'keep' } } }))
  t.match(await ask(), { inputs: { x: '[redacted]' }, outputs: { y: [5] } })
  t.strictSame(warnings, [])
  version.configure(manifestOf({ predictionLog: { features: { z: 'redact' } } }))
  for (let times = 0; times < 2; times++)
    t.match(await ask(), { inputs: { x: '[redacted]' }, outputs: { y: '[redacted]' } })
  t.match(warnings, [[{ model: 'churn', version: 7, unknownNames: ['z'] }, /all without a rule is redacted/]])
  t.equal(warnings.length, 1)
  t.notMatch(JSON.stringify(lines), /41\.25/)
})

t.test('what is too much is left out, and said so', async t => {
  const { begin, end, log, lines } = bench({
    limits: { ...limits, rowsPerRequestMax: 2, elementsPerTensorMax: 3 }
  })
  const asked = { ...request(column('x', 1, 2, 3)), id: 'i'.repeat(100_000) }
  begin(asked)
  end(asked, [{ name: 'y', datatype: 'FP32', shape: [3, 4], data: new Float32Array(12) }])
  await log.close()
  t.match(lines, [
    { rows: 3, rowsLeftOut: 1, inputs: { x: [1, 2] }, outputs: { y: { datatype: 'FP32', shape: [3, 4] } } }
  ])
  t.equal((lines[0]!['id'] as string).length, idCharsMax + 1)
})

t.test(
  'records in progress count towards the bound; what finds no room is counted and warned of now and then',
  async t => {
    const { begin, end, log, lines, warnings, total, clock } = bench({
      limits: { ...limits, queueBytesMax: 10_000 }
    })
    const many = () => request(column('x', ...new Array<number>(64).fill(1)))
    const asked = Array.from({ length: 100 }, many)
    for (const each of asked) begin(each)
    const held = 100 - total('dropped')!
    t.ok(held > 5 && held < 50)
    for (const each of asked) end(each, [])
    await log.close()
    t.equal(lines.length, held)
    t.match(warnings, [[{ recordsDropped: 1, reason: /bytes of records wait/ }, /are dropped/]])
    t.equal(warnings.length, 1)
    await clock.advance(warningsApartMs)
    for (const each of Array.from({ length: 100 }, many)) begin(each)
    t.match(warnings[1], [{ recordsDropped: 100 - held }], 'with those that were dropped meanwhile')
    t.equal(warnings.length, 2)
  }
)

t.test('outputs that find no room give back the room of the inputs', async t => {
  const { begin, end, log, lines, total } = bench({ limits: { ...limits, queueBytesMax: 1000 } })
  for (let times = 0; times < 50; times++) {
    const asked = request(column('x', 1))
    begin(asked)
    end(asked, [{ name: 'y', datatype: 'FP32', shape: [1, 1000], data: new Float32Array(1000) }])
  }
  t.equal(total('dropped'), 50)
  const asked = request(column('x', ...new Array<number>(64).fill(1)))
  begin(asked)
  end(asked, [column('y', 1)])
  await log.close()
  t.equal(lines.length, 1)
})

t.test('a sink that fails costs records and nothing else', async t => {
  const { begin, end, log, warnings, total } = bench({
    sink: { write: () => Promise.reject(new Error('ENOSPC: no space left on device')) }
  })
  for (let times = 0; times < 3; times++) {
    const asked = request(column('x', 1))
    begin(asked)
    end(asked, [column('y', 1)])
    await log.close()
  }
  t.strictSame([total('written'), total('dropped')], [0, 3])
  t.match(warnings, [[{ reason: 'ENOSPC: no space left on device' }, /are dropped/]])
  t.equal(warnings.length, 1)
})

t.test('a tensor that nobody expected costs its record', async t => {
  const { log, version, total, begin, end } = bench()
  const broken = { name: 'x', datatype: 'FP32', shape: [1], data: undefined } as unknown as NamedTensor
  log.decoded({ version, request: request(broken), rows: 1, key: {} })
  const asked = request(column('x', 1))
  begin(asked)
  end(asked, [{ ...broken, name: 'y' }])
  t.equal(total('dropped'), 2)
})

t.test('the end waits for a sink that hangs, and not forever', async t => {
  const { begin, end, log, clock } = bench({ sink: { write: () => new Promise(() => {}) } })
  const asked = request(column('x', 1))
  begin(asked)
  end(asked, [column('y', 1)])
  const settled = settling(log.close())
  await clock.advance(closeMaxMs - 1)
  t.notOk(settled())
  await clock.advance(1)
  await turn()
  t.ok(settled())
})
