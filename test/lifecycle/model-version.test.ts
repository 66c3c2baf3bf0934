import t from 'tap'
import type { Signature } from '../../src/schema/signature.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { column, fakeVersion, manifestOf } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const request = (...values: readonly number[]) => ({ inputs: [column('x', ...values)], parameters: {} })
const terms = { deadlineMs: 1e6, cancellation: { cancelled: false } }
const answer = { outputs: [column('y', 1)], runMs: 5 }

/** `a` and `b` with these shapes, `y` as `a`. */
function twoInputs(a: readonly (number | string | null)[], b = a): Signature {
  const inputs = [
    { name: 'a', datatype: 'FP32', shape: a },
    { name: 'b', datatype: 'FP32', shape: b }
  ] as const
  return { inputs, outputs: [{ name: 'y', datatype: 'FP32', shape: a }] }
}

function tensor(name: string, shape: readonly number[], fill = 0): NamedTensor {
  const size = shape.reduce((product, count) => product * count, 1)
  return { name, datatype: 'FP32', shape, data: new Float32Array(size).fill(fill) }
}

t.test('a run hands the inputs on and comes back with outputs and times', async t => {
  const clock = new FakeClock()
  const { version, instance } = fakeVersion('m', 1, { clock })
  const first = version.run(request(1), terms)
  await clock.advance(10)
  t.strictSame(instance.runs[0]?.inputs, [column('x', 1)])
  t.strictSame(instance.runs[0]?.outputs, ['y'], 'every output of the signature unless some are chosen')
  const second = version.run({ ...request(2), outputs: ['left'] }, terms)
  await clock.advance(30)
  instance.runs[0]?.resolve(answer)
  t.strictSame(await first, { ...answer, queueMs: 0, batchRows: 1, firstOfBatch: true })
  t.strictSame(instance.runs[1]?.outputs, ['left'])
  instance.runs[1]?.resolve(answer)
  t.match(await second, { ...answer, queueMs: 30 })
})

t.test('what waits shares the next run, each with its own rows', async t => {
  const { version, instance } = fakeVersion()
  const first = version.run(request(0), terms)
  await turn()
  const others = [version.run(request(1, 2), terms), version.run(request(3), terms)]
  t.equal(version.queuedRows, 3)
  instance.runs[0]?.resolve(answer)
  await first
  await turn()
  t.strictSame(instance.runs[1]?.inputs, [column('x', 1, 2, 3)])
  t.equal(version.queuedRows, 0)
  instance.runs[1]?.resolve({ outputs: [column('y', 10, 20, 30)], runMs: 5 })
  const parts = await Promise.all(others)
  t.strictSame(
    parts.map(({ outputs, batchRows }) => [[...outputs[0]!.data], batchRows]),
    [
      [[10, 20], 3],
      [[30], 3]
    ]
  )
})

/** How many runs two requests take that wait together. */
async function runsOf(
  facts: Parameters<typeof fakeVersion>[2],
  ...requests: readonly Parameters<ReturnType<typeof fakeVersion>['version']['run']>[0][]
): Promise<number> {
  const { version, instance } = fakeVersion('m', 1, facts)
  const first = version.run(requests[0]!, terms)
  await turn()
  const others = requests.map(one => version.run(one, terms))
  for (const work of [first, ...others]) work.catch(() => {})
  for (let index = 0; index < instance.runs.length; index++) {
    const rows = instance.runs[index]!.inputs[0]!.shape[0]!
    instance.runs[index]!.resolve({ outputs: [tensor('y', [rows])], runMs: 1 })
    await turn()
  }
  return instance.runs.length - 1
}

t.test('who shares a run with whom', async t => {
  const many = request(1, 2, 3)
  const inputs = (...tensors: readonly NamedTensor[]) => ({ inputs: tensors, parameters: {} })
  const free = twoInputs(['n', null])
  const agreeing = twoInputs(['n', 2])
  const undeclared = twoInputs([null, 1])
  const cases: [
    name: string,
    facts: Parameters<typeof fakeVersion>[2],
    requests: Parameters<typeof runsOf>[1][],
    runs: number
  ][] = [
    ['alike', {}, [request(1), request(2)], 1],
    ['of any number of rows', {}, [request(1), many], 1],
    ['unless it is unbatched', { unbatched: 'because' }, [request(1), request(2)], 2],
    ['not without rows', {}, [request(), request()], 2],
    ['the same outputs', {}, ['y', 'y'].map(name => ({ ...request(1), outputs: [name] })), 1],
    ['not other outputs', {}, [{ ...request(1), outputs: ['y'] }, request(1)], 2],
    ['not more outputs', {}, [['a', 'b'], ['a']].map(outputs => ({ ...request(1), outputs })), 2],
    [
      'not beyond the rows of a batch',
      { manifest: manifestOf({ batching: { rowsMax: 5 } }) },
      [many, many],
      2
    ],
    ['up to the rows of a batch', { manifest: manifestOf({ batching: { rowsMax: 6 } }) }, [many, many], 1],
    [
      'equal sizes',
      { signature: free },
      [inputs(tensor('a', [1, 2]), tensor('b', [1, 3])), inputs(tensor('a', [2, 2]), tensor('b', [2, 3]))],
      1
    ],
    [
      'not other sizes',
      { signature: free },
      [inputs(tensor('a', [1, 2]), tensor('b', [1, 3])), inputs(tensor('a', [1, 2]), tensor('b', [1, 4]))],
      2
    ],
    [
      'whatever the order of the inputs',
      { signature: free },
      [inputs(tensor('a', [1, 2]), tensor('b', [1, 3])), inputs(tensor('b', [1, 3]), tensor('a', [1, 2]))],
      1
    ],
    [
      'not sizes that only look alike in another order',
      { signature: free },
      [inputs(tensor('a', [1, 2]), tensor('b', [1, 3])), inputs(tensor('b', [1, 2]), tensor('a', [1, 3]))],
      2
    ],
    [
      'inputs whose rows agree',
      { signature: agreeing },
      [inputs(tensor('a', [1, 2]), tensor('b', [1, 2])), inputs(tensor('a', [3, 2]), tensor('b', [3, 2]))],
      1
    ],
    [
      'not inputs whose rows do not: one would answer for the other',
      { signature: undeclared, manifest: manifestOf({ batching: { axis: 0 } }) },
      [inputs(tensor('a', [1, 1]), tensor('b', [3, 1])), inputs(tensor('a', [3, 1]), tensor('b', [1, 1]))],
      2
    ]
  ]
  for (const [name, facts, requests, runs] of cases) t.equal(await runsOf(facts, ...requests), runs, name)
})

t.test('inputs reach the model in the order of the signature', async t => {
  const { version, instance } = fakeVersion('m', 1, { signature: twoInputs(['n', 1]) })
  void version.run({ inputs: [tensor('b', [1, 1], 2), tensor('a', [1, 1], 1)], parameters: {} }, terms)
  void version.run({ inputs: [tensor('a', [1, 1], 3), tensor('b', [1, 1], 4)], parameters: {} }, terms)
  await turn()
  t.strictSame(
    instance.runs[0]?.inputs.map(({ name, data }) => [name, ...data]),
    [
      ['a', 1, 3],
      ['b', 2, 4]
    ]
  )
})

t.test('the queue limits of the manifest hold, in rows and in bytes', async t => {
  const { version, instance } = fakeVersion('m', 1, { manifest: manifestOf({ queue: { rowsMax: 2 } }) })
  const runs = [version.run(request(1), terms)]
  await turn()
  runs.push(version.run(request(2, 3), terms))
  await t.rejects(version.run(request(4), terms), { code: 'QUEUE_FULL' })
  instance.runs[0]?.resolve(answer)
  await runs[0]
  instance.runs[1]?.resolve(answer)
  await runs[1]

  const small = fakeVersion('m', 1, { manifest: manifestOf({ queue: { bytesMax: 1024 } }) })
  void small.version.run(request(1), terms)
  await turn()
  const texts: NamedTensor = { name: 'x', datatype: 'BYTES', shape: [1, 1], data: ['x'.repeat(510)] }
  void small.version.run({ inputs: [texts], parameters: {} }, terms)
  void small.version.run(request(1), terms)
  await t.rejects(small.version.run(request(1), terms), { code: 'QUEUE_FULL' })
  t.equal(small.version.queuedRows, 2)
})

t.test('a request of more rows than a batch has runs alone, or is refused where that is wanted', async t => {
  const { version, instance } = fakeVersion('m', 1, { manifest: manifestOf({ batching: { rowsMax: 2 } }) })
  void version.run(request(1, 2, 3), terms)
  void version.run(request(4), terms)
  await turn()
  t.strictSame(instance.runs[0]?.inputs, [column('x', 1, 2, 3)])

  const batching = { rowsMax: 2, oversized: 'refuse' }
  const strict = fakeVersion('m', 1, { manifest: manifestOf({ batching }) })
  await t.rejects(strict.version.run(request(1, 2, 3), terms), {
    code: 'INVALID_INPUT',
    message: 'inputs: the request has 3 rows, the model takes at most 2 at once (batching.rowsMax)'
  })
  void strict.version.run(request(1, 2), terms)
  await turn()
  t.strictSame(strict.instance.runs.length, 1, 'the limit itself is fine')
})

t.test('deadline, cancellation and priority are the request’s own', async t => {
  const clock = new FakeClock()
  const { version, instance } = fakeVersion('m', 1, { clock, unbatched: 'because' })
  const first = version.run(request(1), terms)
  await turn()
  const expired = t.rejects(version.run(request(2), { ...terms, deadlineMs: 5 }), {
    code: 'DEADLINE_EXCEEDED'
  })
  const gone = t.rejects(version.run(request(3), { ...terms, cancellation: { cancelled: true } }), {
    code: 'CANCELLED'
  })
  const last = version.run(request(4), terms)
  const urgent = version.run({ ...request(5), priority: 1 }, terms)
  const idle = version.run({ ...request(6), priority: 9 }, terms)
  await clock.advance(5)
  await expired
  const order: number[] = []
  for (let index = 0; index < 4; index++) {
    order.push((instance.runs[index]!.inputs[0]!.data as Float32Array)[0]!)
    instance.runs[index]!.resolve(answer)
    await turn()
  }
  await Promise.all([first, gone, last, urgent, idle])
  t.strictSame(order, [1, 5, 4, 6])
})

t.test('facts, placement, the end and closing are those of the instance', async t => {
  const { version, instance } = fakeVersion('churn', 7, { warning: 'careful', unbatched: 'because' })
  const facts = { model: 'churn', version: 7, warning: 'careful', unbatched: 'because', threads: 1 }
  t.match(version, { ...facts, instances: { choice: { placement: 'thread' }, size: 1 } })
  t.equal(version.ended, instance.ended)
  await version.close()
  t.equal(instance.closes, 1)
  await turn()
  t.equal(await version.ended, undefined)
})

t.test('a changed model.yaml applies, but for what its session was made of', async t => {
  const before = manifestOf({ batching: { rowsMax: 2 }, timeoutMs: 5 })
  const { version } = fakeVersion('m', 1, { manifest: before })
  const session = {
    inputs: { x: { type: 'number' } },
    outputs: { y: { role: 'score' } },
    batching: { enabled: false, rowsMax: 8 },
    queue: { rowsMax: 9 },
    instances: { placement: 'inline' },
    runtime: { graphOptimization: 'basic' }
  }
  const rest = {
    description: 'new',
    card: { owner: 'growth' },
    versions: { policy: 'all' },
    labels: { stable: 1 },
    timeoutMs: 7,
    load: 'onDemand',
    unloadIdleMs: 1000,
    pinned: true,
    gate: { required: true },
    drift: { enabled: false },
    predictionLog: { enabled: false }
  }
  t.strictSame(
    Object.keys({ schema: 1, ...session, ...rest }).sort(),
    Object.keys({ ...before, description: '', card: {}, unloadIdleMs: 1 }).sort(),
    'every key is one or the other'
  )
  for (let times = 0; times < 2; times++) {
    version.configure(manifestOf({ ...session, ...rest }))
    const { inputs, outputs, batching, queue, instances, runtime } = before
    t.strictSame(version.manifest, {
      ...manifestOf(rest),
      ...{ inputs, outputs, batching, queue, instances, runtime }
    })
  }
})
