import t, { type Test } from 'tap'
import type { SessionOptions } from '../../src/backend/backend.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import { LoadFailure, makeLoader } from '../../src/lifecycle/loader.ts'
import type { ModelVersion } from '../../src/lifecycle/model-version.ts'
import type { State } from '../../src/lifecycle/state.ts'
import { type ScannedVersion, scanRepositories } from '../../src/repository/scan.ts'
import { repository } from '../helpers/app.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { FakeInstance } from '../helpers/fakes.ts'
import { identity, plus, zipMap } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

const limits = { warmupRequestsMax: 4, warmupBytesMax: 1024, tensorsPerRequestMax: 4 }
const ran = { outputs: [], runMs: 1 }
const warmup = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] })

/** Version 1 of model `m` with these files in its folder and this model.yaml. */
async function scanned(
  t: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
  manifest = ''
): Promise<ScannedVersion> {
  const inside = Object.entries(files).map(([name, content]) => [`m/1/${name}`, content] as const)
  const root = repository(t, { ...Object.fromEntries(inside), 'm/model.yaml': manifest })
  const bounds = { modelsMax: 4, versionsPerModelMax: 4, manifestBytesMax: 4096 }
  const { models } = await scanRepositories({ repositories: [root], ...bounds })
  return models[0]!.versions[0]!
}

/** A loader whose instances the test plays. */
function bench(instancesMax = 4) {
  const started: { options: SessionOptions; instance: FakeInstance }[] = []
  const answers: ((instance: FakeInstance) => void)[] = []
  const load = makeLoader({
    startInstance: async options => {
      const instance = new FakeInstance()
      started.push({ options, instance })
      await turn()
      answers.shift()?.(instance)
      return instance
    },
    instancesMax,
    threads: 3,
    clock: new FakeClock(),
    ...limits
  })
  return { load, started, answers }
}

/** Loads; the instance answers its first runs with `outcome`. */
async function loading(t: Test, version: ScannedVersion, outcome: Error | undefined, setup = bench()) {
  const states: State[] = []
  const next = setup.started.length
  const work = setup.load('m', version, state => states.push(state))
  const settled = deferred<ModelVersion | Error>()
  work.then(settled.resolve, (error: unknown) => settled.resolve(error as Error))
  const end = { over: false }
  void settled.promise.then(() => {
    end.over = true
  })
  for (let answered = 0; !end.over; await turn()) {
    const run = setup.started[next]?.instance.runs[answered]
    if (run === undefined) continue
    answered++
    if (outcome === undefined) run.resolve(ran)
    else run.reject(outcome)
  }
  const result = await settled.promise
  t.teardown(async () => (result instanceof Error ? undefined : result.close()))
  return { result, states, instance: setup.started[next]?.instance, started: setup.started }
}

async function failing(t: Test, version: ScannedVersion, outcome?: Error, setup = bench()) {
  const { result, ...rest } = await loading(t, version, outcome, setup)
  if (!(result instanceof LoadFailure)) throw new Error('expected a LoadFailure', { cause: result })
  return { failure: result, ...rest }
}

async function loaded(t: Test, version: ScannedVersion, outcome?: Error, setup = bench()) {
  const { result, ...rest } = await loading(t, version, outcome, setup)
  if (result instanceof Error) throw result
  return { version: result, ...rest }
}

t.test('a version that loads: its facts, its steps, and one run of zeros', async t => {
  const { version, states, instance } = await loaded(t, await scanned(t, { 'model.onnx': plus(1) }))
  t.strictSame(states, ['loading', 'warming'])
  t.match(version, {
    model: 'm',
    version: 1,
    threads: 3,
    placement: 'thread',
    header: { producerName: 'plus' }
  })
  t.equal(version.warning, undefined)
  t.strictSame(version.signature.inputs, [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }])
  t.match(version.features, [{ name: 'x', type: 'tensor' }])
  t.strictSame(
    instance?.runs.map(({ inputs, outputs }) => [inputs[0]?.data, outputs]),
    [[new Float32Array(2), ['y']]]
  )
  t.equal(instance?.closes, 0)
})

t.test('the session is opened as the manifest says', async t => {
  const found = await scanned(
    t,
    { 'model.onnx': plus(1) },
    'instances: { threads: 2 }\nruntime: { graphOptimization: basic }'
  )
  const { version, started } = await loaded(t, found)
  t.match(started, [{ options: { path: /m.1.model\.onnx$/, graphOptimization: 'basic', threads: 2 } }])
  t.equal(version.threads, 2)
  const { started: standard } = await loaded(t, await scanned(t, { 'model.onnx': plus(1) }))
  t.match(standard, [{ options: { graphOptimization: 'all', threads: 3 } }])
})

t.test('what fails the checks never reaches the runtime, and the reason says what to do', async t => {
  const rules = (text: string) => scanned(t, { 'model.onnx': identity() }, text)
  const cases: [name: string, find: () => Promise<ScannedVersion>, RegExp][] = [
    ['problems of the scan', () => scanned(t, { 'other.onnx': '' }), /model\.onnx is missing/],
    [
      'anything else that the scan found',
      async () => ({ ...(await rules('')), problems: ['this', 'and that'] }),
      /^this; and that$/
    ],
    ['a broken manifest', () => rules('nonsense: 1'), /nonsense: no such key/],
    ['no model at all', () => scanned(t, { 'model.onnx': 'text' }), /model\.onnx: /],
    ['an output that is no tensor', () => scanned(t, { 'model.onnx': zipMap() }), /zipmap=False/],
    [
      'an unknown input',
      () => rules('inputs: { z: {} }'),
      /^model\.yaml contradicts the graph: inputs: .*no input "z"/
    ],
    ['an unknown output', () => rules('outputs: { z: {} }'), /the graph has no output 'z' \(it has y\)/],
    [
      'classes that do not fit',
      () => rules('outputs: { y: { role: probabilities, classes: [a, b, c] } }'),
      /^model\.yaml contradicts the graph: outputs\.y: 3 classes are named, the graph has 2$/
    ],
    [
      'a broken warm-up folder',
      () => scanned(t, { 'model.onnx': plus(1), 'warmup/a.json': 'x'.repeat(1025) }),
      /at most 1024/
    ]
  ]
  for (const [name, find, reason] of cases) {
    const { failure, states, started } = await failing(t, await find())
    t.match(failure.message, reason, name)
    t.strictSame([states, started], [[], []], name)
  }
})

t.test('classes that fit, and roles without a width to compare, are fine', async t => {
  for (const manifest of [
    'outputs: { y: { role: probabilities, classes: [a, b] } }',
    'outputs: { y: { role: label, classes: [a, b, c] } }',
    'outputs: { y: { role: probabilities } }'
  ])
    await loaded(t, await scanned(t, { 'model.onnx': identity() }, manifest))
  const open = await scanned(
    t,
    { 'model.onnx': identity('FP32', ['n', 'k']) },
    'outputs: { y: { role: probabilities, classes: [a] } }'
  )
  await t.resolves(loaded(t, open))
})

t.test('a supplied warm-up request that fails is a failed version, and its instance is closed', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1), 'warmup/a.json': warmup })
  const { failure, states, instance } = await failing(t, version, new Error('no'))
  t.match(failure.message, /^warm-up request warmup.a\.json failed: no$/)
  t.strictSame([states, instance?.runs.length, instance?.closes], [['loading', 'warming'], 1, 1])
})

t.test('a generated warm-up request that fails is a warning, unless the instance went with it', async t => {
  const found = await scanned(t, { 'model.onnx': plus(1) })
  const { version, instance } = await loaded(t, found, new Error('no'))
  t.match(
    version.warning,
    /^the generated warm-up request \(zeros\) failed: no; put a real one into warmup\/$/
  )
  t.equal(instance?.closes, 0)
  const lost = new ServingError('INSTANCE_LOST', 'hidden', { cause: new Error('code 7') })
  const { failure, instance: dead } = await failing(t, found, lost)
  t.match(failure.message, /code 7/)
  t.equal(dead?.closes, 1)
})

t.test('a session that cannot be opened is a failure with the reason of the runtime', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) })
  const setup = bench(1)
  const refuse = (error: Error) => (): void => {
    throw error
  }
  setup.answers.push(refuse(new Error('NoSuchOperator')))
  const { failure, states } = await failing(t, version, undefined, setup)
  t.equal(failure.message, 'the runtime cannot load the model: NoSuchOperator')
  t.strictSame(states, ['loading'])
  setup.answers.push(refuse(new ServingError('INSTANCE_LOST', 'hidden', { cause: new Error('code 7') })))
  const again = await failing(t, version, undefined, setup)
  t.equal(again.failure.message, 'the runtime cannot load the model: code 7')
  await t.resolves(loaded(t, version, undefined, setup), 'its place among the instances is free again')
})

t.test('no more instances than allowed, whether they are open, opening, or lost', async t => {
  const version = await scanned(t, { 'model.onnx': plus(1) })
  const setup = bench(2)
  const first = loaded(t, version, undefined, setup)
  await turn()
  const { version: one, instance } = await first
  const second = setup.load('m', version, () => undefined)
  while (setup.started.length < 2) await turn()
  await t.rejects(
    setup.load('m', version, () => undefined),
    { name: 'LoadFailure', message: 'all 2 instances are in use (lifecycle.instancesMax)' },
    'one is open, one is opening'
  )
  while (setup.started[1]!.instance.runs.length === 0) await turn()
  setup.started[1]!.instance.runs[0]!.resolve(ran)
  const { close } = await second
  await t.rejects(
    setup.load('m', version, () => undefined),
    { message: /all 2 instances/ }
  )
  instance?.lose(new Error('gone'))
  await one.ended
  await loaded(t, version, undefined, setup)
  await t.rejects(
    setup.load('m', version, () => undefined),
    { message: /all 2 instances/ }
  )
  await close()
  await loaded(t, version, undefined, setup)
  t.equal(setup.started.length, 4)
})
