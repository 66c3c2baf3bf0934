// How many instances there may be, and what becomes of their places.
import t from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import { echo, LoaderBench, scanned } from '../helpers/loader-bench.ts'
import { plus } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

const warmup = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] })
const full = { name: 'LoadFailure', message: 'all 2 instances are in use (lifecycle.instancesMax)' }

t.test('a session that cannot be opened is a failure with the reason of the runtime', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) })
  const bench = new LoaderBench({ instancesMax: 1 })
  const reasons: [error: Error, message: string][] = [
    [new Error('NoSuchOperator'), 'the runtime cannot load the model: NoSuchOperator'],
    [
      new ServingError('INSTANCE_LOST', 'hidden', { cause: new Error('code 7') }),
      'the runtime cannot load the model: code 7'
    ]
  ]
  for (const [error, message] of reasons) {
    bench.refuse = () => {
      throw error
    }
    await t.rejects(bench.load(t, version), { name: 'LoadFailure', message })
    t.strictSame(bench.states.splice(0), ['loading'])
  }
  bench.refuse = () => undefined
  await t.resolves(bench.load(t, version), 'its place among the instances is free again')
})

t.test('no more instances than allowed; closed and lost ones give their places back', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) })
  const bench = new LoaderBench({ instancesMax: 2 })
  const one = await bench.load(t, version)
  await bench.load(t, version)
  await t.rejects(bench.load(t, version), full)
  t.equal(bench.started.length, 2)
  await one.close()
  await turn()
  await bench.load(t, version)
  await t.rejects(bench.load(t, version), full)
})

t.test('a version that needs more than are left takes none', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) }, 'instances: { count: 3 }')
  const bench = new LoaderBench({ instancesMax: 2 })
  await t.rejects(bench.load(t, version), full)
  t.strictSame(bench.places, ['-thread', '-thread'])
  const two = await scanned(t, { 'model.onnx': plus(1) }, 'instances: { count: 2 }')
  await t.resolves(bench.load(t, two))
})

t.test('a second instance that fails to start or to warm up takes the first along', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) }, 'instances: { count: 2 }')
  const bench = new LoaderBench()
  bench.refuse = index => {
    if (index === 1) throw new Error('no memory')
  }
  await t.rejects(bench.load(t, version), { message: 'the runtime cannot load the model: no memory' })
  t.strictSame(bench.places, ['-thread'])
})

t.test('the HTTP thread has room for all', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) })
  const bench = new LoaderBench({ instancesMax: 1, answer: echo(0.01) })
  for (let index = 0; index < 5; index++) await bench.load(t, version)
  t.equal(bench.places.filter(place => place === 'inline').length, 5)
  t.equal(bench.places.filter(place => place === '-thread').length, 5)
})

t.test('a lost instance is replaced by a warm one in the same place, and it is said', async t => {
  const bench = new LoaderBench({ instancesMax: 2 })
  const version = await bench.load(t, await scanned(t, { 'model.onnx': plus(1) }, 'instances: { count: 2 }'))
  bench.started[0]!.lose(new Error('code 7'))
  await turn()
  t.equal(version.instances.size, 1)
  t.strictSame(bench.notices, ['m/1: an instance was lost (code 7); another starts in 0 ms'])
  await bench.clock.advance(0)
  // Its files are looked at once more.
  while (version.instances.size < 2) await turn()
  const [first, , third] = bench.started
  t.strictSame(third?.options, first?.options)
  t.strictSame(third?.came[0]?.[0]?.data, new Float32Array(2), 'zeros warm it up')
  await version.close()
  t.strictSame(bench.places, ['thread', '-thread', '-thread'])
})

t.test('a replacement whose warm-up fails serves: the requests will tell', async t => {
  let fine = true
  const bench = new LoaderBench({
    answer: inputs => {
      if (!fine) throw new Error('no')
      return echo(10)(inputs)
    }
  })
  const version = await bench.load(t, await scanned(t, { 'model.onnx': plus(1), 'warmup/a.json': warmup }))
  fine = false
  bench.started[0]!.lose(new Error('code 7'))
  await turn()
  await bench.clock.advance(0)
  while (version.instances.size < 1) await turn()
  t.equal(bench.started[1]?.came.length, 1, 'its warm-up was tried')
})

t.test('one that cannot be replaced ends the version', async t => {
  const bench = new LoaderBench()
  const version = await bench.load(t, await scanned(t, { 'model.onnx': plus(1) }))
  bench.refuse = () => {
    throw new Error('no memory')
  }
  bench.started[0]!.lose(new Error('code 7'))
  const over = { yet: false }
  void version.ended.then(() => {
    over.yet = true
  })
  // Before each try its files are looked at.
  for (; !over.yet; await turn()) await bench.clock.advance(10_000)
  t.match(await version.ended, { message: 'the runtime cannot load the model: no memory' })
  t.equal(bench.notices.length, 5)
})
