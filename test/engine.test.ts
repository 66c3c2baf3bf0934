import t, { type Test } from 'tap'
import { type Clock, systemClock } from '../src/base/clock.ts'
import { deferred } from '../src/base/deferred.ts'
import { loadSettings } from '../src/config/load.ts'
import { type Engine, makeEngine } from '../src/engine.ts'
import { FakeClock } from './helpers/fake-clock.ts'
import { scanned } from './helpers/loader-bench.ts'
import { plus, slow } from './helpers/models.ts'
import { ended, started } from './helpers/started.ts'

type Notice = (model: string, version: number, message: string) => void

function engineOf(
  t: Test,
  flags: Readonly<Record<string, string>> = {},
  onNotice: Notice = () => {},
  clock: Clock = systemClock
): Engine {
  const engine = makeEngine(loadSettings({ flags, env: {} }), { clock, onNotice })
  t.teardown(() => engine.close())
  return engine
}

t.test('from a folder to an answer', async t => {
  const engine = engineOf(t)
  const states: string[] = []
  const version = await engine.load('m', await scanned(t, { 'model.onnx': plus(5) }), state =>
    states.push(state)
  )
  t.equal(states[0], 'loading')
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
  const engine = engineOf(t, { 'lifecycle-loads-at-once-max': '3' }, () => {}, new FakeClock())
  t.equal(workers.length, 0)
  engine.warm()
  t.equal(workers.length, 3)
  const version = await engine.load('m', await scanned(t, { 'model.onnx': slow(2) }), () => {})
  t.equal(workers.length, 3, 'a load takes one of them')
  await version.close()
  engine.close()
  await ended(workers)
})

t.test('the settings bound what is loaded', async t => {
  const files = {
    'model.onnx': plus(1),
    'warmup/a.json': '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}',
    'warmup/b.json': '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}'
  }
  const two = await scanned(t, files, 'instances: { count: 2 }')
  const cases: [flags: Record<string, string>, reason: RegExp][] = [
    [{ 'lifecycle-instances-max': '1' }, /all 1 instances are in use \(lifecycle\.instancesMax\)/],
    [{ 'lifecycle-warmup-requests-max': '1' }, /holds 2 requests, at most 1 are replayed/],
    [{ 'limits-tensors-per-request-max': '1' }, /warmup\/b\.json failed: .*1 are allowed/]
  ]
  for (const [flags, message] of cases)
    await t.rejects(
      engineOf(t, flags).load('m', two, () => {}),
      { name: 'LoadFailure', message }
    )
  await (await engineOf(t).load('m', two, () => {})).close()
})

t.test('what happens to a loaded version is told with its name', async t => {
  const { children } = started(t)
  const told = deferred<unknown>()
  const engine = engineOf(t, {}, (...notice) => told.resolve(notice))
  const version = await engine.load(
    'm',
    await scanned(t, { 'model.onnx': plus(1) }, 'instances: { placement: process }'),
    () => {}
  )
  children.at(-1)?.kill('SIGKILL')
  t.match(await told.promise, ['m', 1, /SIGKILL/])
  await version.close()
})
