import t, { type Test } from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import { LoadFailure } from '../../src/lifecycle/validate.ts'
import type { ScannedVersion } from '../../src/repository/scan.ts'
import { packed } from '../../src/tensor/transfer.ts'
import { echo, LoaderBench, scanned } from '../helpers/loader-bench.ts'
import { identity, plus } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

const json = (shape: readonly number[], data: readonly number[]): string =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape, data }] })
const warmup = json([1, 2], [1, 2])

/** The reason why it fails; nothing that it started is left. */
async function failure(t: Test, bench: LoaderBench, version: ScannedVersion): Promise<string> {
  const error = await bench.load(t, version).then(
    () => undefined,
    (caught: unknown) => caught
  )
  if (!(error instanceof LoadFailure)) throw new Error('expected a LoadFailure', { cause: error })
  t.ok(
    bench.started.every(({ closes }) => closes > 0),
    'nothing is left behind'
  )
  return error.message
}

t.test('a version that loads: its facts and its steps', async t => {
  const bench = new LoaderBench()
  const version = await bench.load(t, await scanned(t, { 'model.onnx': plus(1) }))
  t.strictSame(bench.states, ['loading', 'warming', 'gating'])
  t.match(version, { model: 'm', version: 1, threads: 6, header: { producerName: 'plus' } })
  t.strictSame([version.warning, version.unbatched, version.queuedRows], [undefined, undefined, 0])
  t.match(version.instances, { size: 1, stuckSinceMs: undefined })
  t.strictSame(version.signature.inputs, [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }])
  t.match(version.features, [{ name: 'x', type: 'tensor' }])
  t.strictSame(bench.started[0]?.came[0]?.[0]?.data, new Float32Array(2), 'zeros first')
})

t.test('sessions are opened as the manifest says', async t => {
  const options = 'instances: { threads: 2 }\nruntime: { graphOptimization: basic }'
  const cases: [manifest: string, cpus: number, count: number, expected: object][] = [
    [options, 6, 1, { graphOptimization: 'basic', threads: 2 }],
    ['', 6, 1, { graphOptimization: 'all', threads: 6 }],
    ['instances: { count: 3 }', 6, 3, { threads: 2 }],
    ['instances: { count: 3, threads: 4, placement: process }', 6, 3, { threads: 4 }],
    ['instances: { placement: inline }', 6, 1, { threads: 1 }]
  ]
  for (const [manifest, cpus, count, expected] of cases) {
    const bench = new LoaderBench({ cpus })
    const version = await bench.load(t, await scanned(t, { 'model.onnx': plus(1) }, manifest))
    t.equal(bench.started.length, count, manifest)
    for (const { options } of bench.started)
      t.match(options, { path: /m.1.model\.onnx$/, ...expected }, manifest)
    t.equal(version.instances.size, count)
  }
})

t.test('where it runs is measured, or asked for', async t => {
  const cases: [
    name: string,
    manifest: string,
    runMs: number,
    openMs: number[],
    places: string[],
    reason: RegExp
  ][] = [
    ['small', '', 0.01, [], ['-thread', 'inline'], /^a run takes 0\.010 ms, less than/],
    ['large', '', 1, [], ['thread'], /^a run takes 1\.0 ms, more than the 0\.15 ms/],
    [
      'small, on a thread',
      'instances: { placement: thread }',
      0.01,
      [],
      ['thread'],
      /^model\.yaml asks for it$/
    ],
    [
      'large, inline',
      'instances: { placement: inline }',
      1,
      [],
      ['inline'],
      /^model\.yaml .*unwisely: a run/
    ],
    ['small, inline', 'instances: { placement: inline }', 0.01, [], ['inline'], /^model\.yaml asks for it$/],
    ['a process', 'instances: { placement: process }', 0.01, [], ['process'], /^model\.yaml asks for it$/],
    ['two', 'instances: { count: 2 }', 0.01, [], ['thread', 'thread'], /^2 instances are asked for/],
    ['slow to create', '', 0.01, [101], ['thread'], /^its session takes 1\.0e\+2 ms/],
    [
      'slow to create again and again',
      '',
      0.01,
      [60, 9, 6, 7],
      ['thread', '-thread', '-thread', '-thread'],
      /^its session takes 6\.0 ms/
    ],
    ['slow to create by chance', '', 0.01, [60, 4], ['-thread', '-thread', 'inline'], /less than/]
  ]
  for (const [name, manifest, runMs, openMs, places, reason] of cases) {
    const bench = new LoaderBench({ answer: echo(runMs), openMs })
    const version = await bench.load(t, await scanned(t, { 'model.onnx': plus(1) }, manifest))
    t.strictSame(bench.places, places, name)
    t.equal(version.instances.choice.placement, places.at(-1)?.replace('-', ''), name)
    t.match(version.instances.choice.reason, reason, name)
    for (const { came } of bench.started.filter(({ closes }) => closes === 0))
      t.ok(came.length > 0, `${name}: every instance that serves is warm`)
  }
})

t.test(
  'what is measured is one row where there are rows, and the request itself where there are none',
  async t => {
    const free = await scanned(t, {
      'model.onnx': identity('FP32', ['batch', 'n']),
      'warmup/a.json': json([3, 4], new Array(12).fill(1))
    })
    const rows = new LoaderBench({ answer: echo(0.1) })
    t.match((await rows.load(t, free)).instances.choice, {
      placement: 'inline',
      reason: /^a run takes 0\.10 ms/
    })
    t.strictSame(rows.started[0]?.came[1]?.[0]?.shape, [1, 4])

    const fixed = await scanned(t, {
      'model.onnx': identity('FP32', [3, 2]),
      'warmup/a.json': json([3, 2], [1, 2, 3, 4, 5, 6])
    })
    const whole = new LoaderBench({
      answer: inputs => {
        if (inputs[0]!.shape[0] !== 3) throw new Error('another shape')
        return echo(0.04)(inputs)
      }
    })
    const version = await whole.load(t, fixed)
    t.match(version.instances.choice, { placement: 'inline', reason: /^a run takes 0\.12 ms/ })
    t.equal(version.unbatched, "the first dimension of 'x' is not free")

    const unknown = new LoaderBench({ answer: echo(0.01) })
    const open = await scanned(t, { 'model.onnx': identity('FP32', ['batch', 'n']) })
    t.match((await unknown.load(t, open)).instances.choice, { placement: 'thread', reason: /^sizes besides/ })
  }
)

const terms = { deadlineMs: Number.POSITIVE_INFINITY, cancellation: { cancelled: false } }

/** Rows of the runs when so many requests of one row come at once. */
async function batchesOf(bench: LoaderBench, version: ScannedVersion, t: Test): Promise<unknown[]> {
  const loaded = await bench.load(t, version)
  const serving = bench.started.at(-1)!
  const before = serving.came.length
  const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const
  await Promise.all(Array.from({ length: 12 }, () => loaded.run({ inputs: [x], parameters: {} }, terms)))
  return serving.rows.slice(before)
}

t.test(
  'an inline batch has no more rows than fit into a turn, one on a thread as many as it may',
  async t => {
    const plain = await scanned(t, { 'model.onnx': plus(1) })
    t.strictSame(await batchesOf(new LoaderBench({ answer: echo(0.1) }), plain, t), [10, 2])
    t.strictSame(await batchesOf(new LoaderBench({ answer: echo(0.01) }), plain, t), [12])
    t.strictSame(await batchesOf(new LoaderBench({ answer: echo(10) }), plain, t), [12])
    const narrow = await scanned(t, { 'model.onnx': plus(1) }, 'batching: { rowsMax: 5 }')
    t.strictSame(await batchesOf(new LoaderBench({ answer: echo(0.01) }), narrow, t), [5, 5, 2])
    const off = await scanned(t, { 'model.onnx': plus(1) }, 'batching: { enabled: false }')
    t.strictSame(await batchesOf(new LoaderBench({ answer: echo(0.01) }), off, t), new Array(12).fill(1))
  }
)

t.test('a model that mixes rows is served all the same, unbatched', async t => {
  const mixing = new LoaderBench({
    answer: inputs => {
      const { outputs, runMs } = echo(0.01)(inputs)
      return { outputs: outputs.map(y => ({ ...y, data: (y.data as Float32Array).toReversed() })), runMs }
    }
  })
  const version = await scanned(t, { 'model.onnx': plus(1) })
  t.strictSame(await batchesOf(mixing, version, t), new Array(12).fill(1))
  const again = await mixing.load(t, version)
  t.match(again.unbatched, /^output 'y' differs from the single run/)
})

t.test('a supplied warm-up request that fails is a failed version', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1), 'warmup/a.json': warmup })
  const refusing = new LoaderBench({
    answer: () => {
      throw new Error('no')
    }
  })
  t.match(await failure(t, refusing, version), /^warm-up request warmup.a\.json failed: no$/)
  t.strictSame([refusing.states, refusing.started[0]?.came.length], [['loading', 'warming'], 1])
  const unfit = await scanned(t, { 'model.onnx': plus(1), 'warmup/a.json': json([1, 3], [1, 2, 3]) })
  t.match(await failure(t, new LoaderBench(), unfit), /^warm-up request warmup.a\.json failed: .*shape/)
  const broken = new LoaderBench()
  const large = await scanned(t, { 'model.onnx': plus(1), 'warmup/a.json': 'x'.repeat(1025) })
  t.match(await failure(t, broken, large), /at most 1024/)
  t.strictSame([broken.states, broken.started], [[], []], 'it never reaches the runtime')
})

t.test('runs that take the memory of their inputs away leave the supplied requests as they were', async t => {
  const data = Array.from({ length: 300 }, (_, index) => index % 7)
  const large = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP64', shape: [3, 100], data }] })
  for (const first of ['batch', 3]) {
    const taking = new LoaderBench({
      answer: inputs => {
        const { tensors, transfer } = packed(inputs)
        return echo(1)(structuredClone(tensors, { transfer: [...transfer] }))
      }
    })
    const files = { 'model.onnx': identity('FP64', [first, 100]), 'warmup/a.json': large }
    const version = await taking.load(t, await scanned(t, files))
    const [thread] = taking.started
    t.match(version.instances.choice.reason, /^a run takes/)
    t.ok(thread!.came.every(([x]) => x!.data.length === x!.shape[0]! * 100))
    const whole = thread!.came.filter(([x]) => x!.shape[0] === 3).map(([x]) => [...x!.data])
    t.strictSame(whole[0], data)
    thread!.lose(new Error('code 7'))
    await turn()
    await taking.clock.advance(0)
    t.strictSame([...taking.started.at(-1)!.came[0]![0]!.data], data, 'nor what takes its place')
  }
})

t.test('a generated warm-up request that fails is a warning, unless the instance went with it', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) })
  const fails = (error: Error) =>
    new LoaderBench({
      answer: () => {
        throw error
      }
    })
  const served = await fails(new Error('no')).load(t, version)
  t.match(
    served.warning,
    /^the generated warm-up request \(zeros\) failed: no; put a real one into warmup\/$/
  )
  t.match(served.instances.choice, { placement: 'thread', reason: 'no run could be measured' })
  t.match(served.unbatched, /^single rows could not be run to compare with \(no\)$/)
  const lost = new ServingError('INSTANCE_LOST', 'hidden', { cause: new Error('code 7') })
  t.match(await failure(t, fails(lost), version), /code 7/)
})

t.test('what fails the checks never reaches the runtime', async t => {
  const bench = new LoaderBench()
  const version = await scanned(t, { 'model.onnx': plus(1) }, 'nonsense: 1')
  t.match(await failure(t, bench, version), /nonsense: no such key/)
  t.strictSame([bench.states, bench.started], [[], []])
})
