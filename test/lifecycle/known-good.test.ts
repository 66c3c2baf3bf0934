import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { openStateDirectory } from '../../src/config/state-directory.ts'
import {
  goodKey,
  KnownGood,
  knownGoodFile,
  knownGoodMax,
  type TextStore
} from '../../src/lifecycle/known-good.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { turn } from '../helpers/turn.ts'

/** A log that remembers its warnings. */
function warnings() {
  const messages: string[] = []
  return {
    messages,
    warn: (facts: object, message: string) => void messages.push(`${message} ${JSON.stringify(facts)}`)
  }
}

/** A store on disk, and the memory that a server has at its start. */
async function disk(t: Test, text?: string) {
  const folder = t.testdir({})
  const store = await openStateDirectory(folder)
  if (text !== undefined) writeFileSync(join(folder, knownGoodFile), text)
  const log = warnings()
  const start = () => KnownGood.load(store, new FakeClock(Date.UTC(2026, 10, 26)), log)
  return { store, log, start }
}

/** Writes are let through, or fail, when the test says so. */
class SlowStore implements TextStore {
  readonly writes: { text: string; done: Deferred<void> }[] = []

  read(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  write(_name: string, text: string): Promise<void> {
    const done = deferred<void>()
    this.writes.push({ text, done })
    return done.promise
  }
}

t.test('the key follows from what a version does in the runtime, and from nothing else', async t => {
  const digests = { 'model.onnx': 'aa', 'weights.bin': 'bb' }
  const of = { digests, runtime: 'onnxruntime 1.30.0', graphOptimization: 'all' }
  const key = goodKey(of)
  t.match(key, /^[0-9a-f]{64}$/)
  t.equal(goodKey({ ...of, digests: { 'weights.bin': 'bb', 'model.onnx': 'aa' } }), key, 'in any order')
  const others = [
    { ...of, digests: { 'model.onnx': 'aa', 'weights.bin': 'bc' } },
    { ...of, digests: { 'model.onnx': 'aa', 'weight.bin': 'bb' } },
    { ...of, digests: { 'model.onnx': 'aa' } },
    { ...of, runtime: 'onnxruntime 1.31.0' },
    { ...of, graphOptimization: 'basic' }
  ]
  t.equal(new Set([key, ...others.map(goodKey)]).size, others.length + 1)
})

t.test('what is known good is so after a restart, until it is forgotten', async t => {
  const { store, log, start } = await disk(t)
  const first = await start()
  t.equal(first.find('a'), undefined)
  first.add('a', { memoryBytes: 100 })
  first.add('b', { memoryBytes: 0 })
  t.strictSame(first.find('a'), { memoryBytes: 100 })
  await first.flush()
  t.match(JSON.parse((await store.read(knownGoodFile)) ?? ''), {
    schema: 1,
    good: { a: { memoryBytes: 100, knownSince: '2026-11-26T00:00:00.000Z' } },
    loading: []
  })
  const second = await start()
  t.strictSame([second.find('a'), second.find('b')], [{ memoryBytes: 100 }, { memoryBytes: 0 }])
  second.forget('a')
  second.forget('never known')
  await second.flush()
  const third = await start()
  t.strictSame([third.find('a'), third.find('b')], [undefined, { memoryBytes: 0 }])
  t.strictSame(log.messages, [])
})

t.test('a version whose load has no end when the process dies is not known good any more', async t => {
  const { log, start } = await disk(t)
  const first = await start()
  for (const key of ['died', 'loaded', 'twice']) first.add(key, { memoryBytes: 1 })
  // The last two are the same content in two models.
  await Promise.all(['died', 'loaded', 'never probed', 'twice', 'twice'].map(key => first.begin(key)))
  first.end('loaded')
  first.end('twice')
  await first.flush()

  const second = await start()
  t.strictSame(
    ['died', 'loaded', 'never probed', 'twice'].map(key => [
      second.find(key) !== undefined,
      second.wasInterrupted(key)
    ]),
    [
      [false, true],
      [true, false],
      [false, true],
      [false, true]
    ]
  )
  t.match(log.messages, [/^the server ended while versions were loading: .*"versions":3/])
  // It dies again before it looked at all of them.
  second.add('died', { memoryBytes: 2 })
  await second.begin('never probed')
  second.end('never probed')
  await second.flush()

  const third = await start()
  t.strictSame([third.find('died'), third.wasInterrupted('died')], [{ memoryBytes: 2 }, false])
  t.equal(third.wasInterrupted('never probed'), false, 'it was seen to load')
  t.equal(third.wasInterrupted('twice'), true, 'nothing good is known of it since')
  third.forget('twice')
  await third.flush()
  t.equal((await start()).wasInterrupted('twice'), false)
})

t.test('a load that begins is on the disk before it goes on', async t => {
  const { start } = await disk(t)
  const first = await start()
  first.add('a', { memoryBytes: 1 })
  await first.begin('a')
  t.equal((await start()).find('a'), undefined)
  first.end('a')
  await first.flush()
  t.strictSame((await start()).find('a'), { memoryBytes: 1 })
})

t.test('a file that is broken in whatever way is a warning and a new beginning', async t => {
  const good = { a: { memoryBytes: 1, knownSince: '2026-11-26T00:00:00.000Z' } }
  const whole = JSON.stringify({ schema: 1, good, loading: [] })
  const broken = [
    '',
    whole.slice(0, -1),
    'null',
    '7',
    '[]',
    '{}',
    '\u0000\u0000',
    JSON.stringify({ schema: 2, good, loading: [] }),
    JSON.stringify({ schema: 1, good: null, loading: [] }),
    JSON.stringify({ schema: 1, good: { a: null }, loading: [] }),
    JSON.stringify({ schema: 1, good: { a: { memoryBytes: '1', knownSince: 'x' } }, loading: [] }),
    JSON.stringify({ schema: 1, good: { a: { memoryBytes: -1, knownSince: 'x' } }, loading: [] }),
    JSON.stringify({ schema: 1, good: { a: { memoryBytes: 1 } }, loading: [] }),
    JSON.stringify({ schema: 1, good, loading: [7] }),
    JSON.stringify({ schema: 1, good })
  ]
  for (const text of broken) {
    const { log, start } = await disk(t, text)
    const memory = await start()
    t.equal(memory.find('a'), undefined, JSON.stringify(text))
    t.match(log.messages, [
      /^the memory of known-good versions is broken and starts anew \{"file":"known-good.json","problem":"/
    ])
    memory.add('b', { memoryBytes: 2 })
    await memory.flush()
    t.strictSame((await start()).find('b'), { memoryBytes: 2 })
    t.equal(log.messages.length, 1)
  }
  const { log, start } = await disk(t, whole)
  t.strictSame((await start()).find('a'), { memoryBytes: 1 }, 'the same, whole')
  t.strictSame(log.messages, [])
})

t.test('a store that cannot be read is empty', async t => {
  const store = { read: () => Promise.reject(new Error('EIO')), write: () => Promise.resolve() }
  t.equal((await KnownGood.load(store, new FakeClock(), warnings())).find('a'), undefined)
})

t.test('no more than so many: who was not asked for the longest goes', async t => {
  const entry = { memoryBytes: 1, knownSince: '2026-11-26T00:00:00.000Z' }
  const keys = Array.from({ length: knownGoodMax }, (_, i) => `k${i}`)
  const text = JSON.stringify({
    schema: 1,
    good: Object.fromEntries(keys.map(key => [key, entry])),
    loading: []
  })
  const { store, start } = await disk(t, text)
  const memory = await start()
  memory.find('k0')
  memory.add('new', { memoryBytes: 2 })
  await memory.flush()
  t.strictSame(
    ['k0', 'k1', 'k2', 'new'].map(key => memory.find(key) !== undefined),
    [true, false, true, true]
  )
  const { good } = JSON.parse((await store.read(knownGoodFile)) ?? '') as { good: object }
  t.equal(Object.keys(good).length, knownGoodMax)
})

t.test('one write at a time, and changes share the next', async t => {
  const store = new SlowStore()
  const memory = await KnownGood.load(store, new FakeClock(), warnings())
  memory.add('a', { memoryBytes: 1 })
  memory.add('b', { memoryBytes: 1 })
  await turn()
  t.equal(store.writes.length, 1)
  memory.add('c', { memoryBytes: 1 })
  let begun = false
  const beginning = memory.begin('d').then(() => {
    begun = true
  })
  await turn()
  t.equal(store.writes.length, 1)
  store.writes[0]!.done.resolve()
  await turn()
  t.strictSame([store.writes.length, begun], [2, false])
  let flushed = false
  const flushing = memory.flush().then(() => {
    flushed = true
  })
  await turn()
  t.equal(flushed, false)
  store.writes[1]!.done.resolve()
  await Promise.all([beginning, flushing])
  t.match(JSON.parse(store.writes[1]!.text), { good: { a: {}, b: {}, c: {} }, loading: ['d'] })
  await memory.flush()
  t.equal(store.writes.length, 2)
})

t.test('a disk that is full costs the memory of it alone, and one warning', async t => {
  const store = new SlowStore()
  const log = warnings()
  const memory = await KnownGood.load(store, new FakeClock(), log)
  for (const outcome of ['fails', 'fails', 'works', 'fails']) {
    const beginning = memory.begin('a')
    memory.add('b', { memoryBytes: 1 })
    await turn()
    const { done } = store.writes.at(-1)!
    if (outcome === 'works') done.resolve()
    else done.reject(new Error('ENOSPC'))
    await beginning
    await memory.flush()
  }
  t.strictSame(memory.find('b'), { memoryBytes: 1 })
  const warning = 'known-good versions could not be written down {"error":"ENOSPC"}'
  t.strictSame(log.messages, [warning, warning])
})
