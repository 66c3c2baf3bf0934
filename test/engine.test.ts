import t, { type Test } from 'tap'
import { type Clock, systemClock } from '../src/base/clock.ts'
import { deferred } from '../src/base/deferred.ts'
import { loadSettings } from '../src/config/load.ts'
import { type Engine, makeEngine } from '../src/engine.ts'
import { FakeClock } from './helpers/fake-clock.ts'
import { scanned } from './helpers/loader-bench.ts'
import { plus, slow, sum } from './helpers/models.ts'
import { ended, started } from './helpers/started.ts'

type Notice = (model: string, version: number, message: string) => void

async function engineOf(
  t: Test,
  flags: Readonly<Record<string, string>> = {},
  onNotice: Notice = () => {},
  clock: Clock = systemClock
): Promise<Engine> {
  const warn = (facts: object, message: string): void => {
    const { model, version } = facts as { readonly model: string; readonly version: number }
    onNotice(model, version, message)
  }
  const store = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() }
  const makeRoom = () => Promise.resolve(false)
  const engine = await makeEngine(loadSettings({ flags, env: {} }), {
    clock,
    store,
    log: { warn },
    makeRoom
  })
  t.teardown(() => engine.close())
  return engine
}

t.test('from a folder to an answer', async t => {
  const engine = await engineOf(t)
  const states: string[] = []
  const version = await engine.load('m', await scanned(t, { 'model.onnx': plus(5) }), state =>
    states.push(state)
  )
  t.strictSame(states, ['probing', 'loading', 'warming', 'gating'])
  const request = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: new Float32Array([1, 2]) }],
    parameters: {}
  } as const
  const { outputs } = await version.run(request, {
    deadlineMs: systemClock.monotonicMs() + 60_000,
    cancellation: { cancelled: false }
  })
  t.strictSame(outputs[0]?.data, new Float32Array([6, 7]))
  await version.close()
})

t.test('threads are there before the first load, and end with the engine', async t => {
  const { workers } = started(t)
  // On a clock that stands still no thread ends for having waited too long.
  const flags = { 'lifecycle-loads-at-once-max': '3', 'lifecycle-probe': 'never' }
  const engine = await engineOf(t, flags, () => {}, new FakeClock())
  const folder = await scanned(t, { 'model.onnx': slow(2) })
  t.equal(workers.length, 0)
  engine.warm()
  t.equal(workers.length, 3)
  const version = await engine.load('m', folder, () => {})
  t.equal(workers.length, 3, 'a load takes one of them')
  await version.close()
  await engine.close()
  await ended(workers)
})

t.test('the settings bound what is loaded', async t => {
  const request = '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}'
  const files = { 'model.onnx': plus(1), 'warmup/a.json': request, 'warmup/b.json': request }
  const tensor = (name: string): object => ({ name, shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] })
  const pair = {
    'model.onnx': sum(),
    'warmup/a.json': JSON.stringify({ inputs: [tensor('a'), tensor('b')] })
  }
  const cases: [files: typeof pair | typeof files, flags: Record<string, string>, reason: RegExp][] = [
    [files, { 'lifecycle-instances-max': '1' }, /all 1 instances are in use \(lifecycle\.instancesMax\)/],
    [files, { 'lifecycle-warmup-requests-max': '1' }, /holds 2 requests, at most 1 are replayed/],
    [pair, { 'limits-tensors-per-request-max': '1' }, /too many tensors: expected at most 1, got 2/]
  ]
  for (const [content, flags, message] of cases) {
    const version = await scanned(t, content, 'instances: { count: 2 }')
    const load = async () => (await engineOf(t, flags)).load('m', version, () => {})
    await t.rejects(load(), { name: 'LoadFailure', message })
    await (await (await engineOf(t)).load('m', version, () => {})).close()
  }
})

t.test('what happens to a loaded version is told with its name', async t => {
  const { children } = started(t)
  const told = deferred<unknown>()
  const engine = await engineOf(t, {}, (...notice) => told.resolve(notice))
  const version = await engine.load(
    'm',
    await scanned(t, { 'model.onnx': plus(1) }, 'instances: { placement: process }'),
    () => {}
  )
  children.at(-1)?.kill('SIGKILL')
  t.match(await told.promise, ['m', 1, /SIGKILL/])
  await version.close()
})
