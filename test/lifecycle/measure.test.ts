import t from 'tap'
import type { Instance } from '../../src/backend/backend.ts'
import { repeated, warmRunMs } from '../../src/lifecycle/measure.ts'
import type { InferenceRequest, NamedTensor } from '../../src/tensor/tensor.ts'
import { column } from '../helpers/fakes.ts'

/** An instance whose runs take these times, one after the other, and then fail. */
function timed(times: readonly number[], later = false) {
  const came: (readonly NamedTensor[])[] = []
  const wanted: (readonly string[])[] = []
  const run: Instance['run'] = (inputs, outputs) => {
    const runMs = times[came.length]
    came.push(inputs)
    wanted.push(outputs)
    if (runMs === undefined) throw new Error('no more')
    const result = { outputs: [], runMs }
    return later ? Promise.resolve(result) : result
  }
  const instance: Instance = {
    placement: 'inline',
    openMs: 0,
    kill: undefined,
    ended: new Promise(() => {}),
    close: () => Promise.resolve(),
    run
  }
  return { instance, came, wanted }
}

const request = (): InferenceRequest => ({ inputs: [column('x', 1)], parameters: {} })

t.test('the least of several runs is what the model needs', async t => {
  for (const later of [false, true]) {
    const { instance, came, wanted } = timed([9, 5, 3, ...new Array<number>(100).fill(4)], later)
    t.equal(await warmRunMs(instance, request, ['y']), 3)
    t.ok(came.length > 3 && came.length < 50, 'a bounded number of them')
    t.equal(new Set(came).size, came.length, 'each with a request of its own')
    t.same(new Set(wanted.flat()), new Set(['y']))
  }
})

t.test('a slow model is run once', async t => {
  const { instance, came } = timed([20.5, 1, 1])
  t.equal(await warmRunMs(instance, request, []), 20.5)
  t.equal(came.length, 1)
  const later = timed([1, 25, 1])
  t.equal(await warmRunMs(later.instance, request, []), 1)
  t.equal(later.came.length, 2)
})

t.test('runs that fail measure nothing', async t => {
  t.equal(await warmRunMs(timed([]).instance, request, []), undefined)
  t.equal(await warmRunMs(timed([1, 1]).instance, request, []), undefined, 'not even by halves')
  const broken = (): InferenceRequest => {
    throw new Error('no request')
  }
  t.equal(await warmRunMs(timed([1]).instance, broken, []), undefined)
})

t.test('the first row many times over', async t => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6)
  const x: NamedTensor = { name: 'x', datatype: 'FP32', shape: [2, 3], data }
  const s: NamedTensor = { name: 's', datatype: 'BYTES', shape: [2], data: ['a', 'b'] }
  const { inputs, parameters } = repeated({ inputs: [x, s], parameters: { p: 1 } }, 3)
  t.strictSame(inputs, [
    { name: 'x', datatype: 'FP32', shape: [3, 3], data: Float32Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3) },
    { name: 's', datatype: 'BYTES', shape: [3], data: ['a', 'a', 'a'] }
  ])
  t.strictSame(parameters, {})
  t.strictSame([...data], [1, 2, 3, 4, 5, 6], 'the request is left as it was')
  const [one] = repeated({ inputs: [x], parameters: {} }, 1).inputs
  t.strictSame(one, { ...x, shape: [1, 3], data: Float32Array.of(1, 2, 3) })
  t.not((one!.data as Float32Array).buffer, data.buffer, 'memory of its own: a run may take it away')
})
