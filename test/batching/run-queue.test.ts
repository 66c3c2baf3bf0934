import fc from 'fast-check'
import t from 'tap'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { RunQueue } from '../../src/batching/run-queue.ts'
import { turn } from '../helpers/turn.ts'

/** A queue whose jobs begin and end at the test's word; the clock is a number. */
class Bench {
  now = 0
  readonly started: string[] = []
  readonly gates = new Map<string, Deferred<string>>()
  readonly queue: RunQueue

  constructor(rowsMax = 10, bytesMax = 1000) {
    this.queue = new RunQueue({ rowsMax, bytesMax }, () => this.now)
  }

  push(name: string, rows = 1, bytes = 10) {
    const gate = deferred<string>()
    this.gates.set(name, gate)
    const run = (): Promise<string> => {
      this.started.push(name)
      return gate.promise
    }
    return this.queue.push({ rows, bytes, run })
  }

  async finish(name: string): Promise<void> {
    this.gates.get(name)!.resolve(name)
    await turn()
  }
}

t.test('one job at a time, in the order they came, each with its own result', async t => {
  const bench = new Bench()
  const results = ['a', 'b', 'c'].map(name => bench.push(name))
  t.strictSame(bench.started, ['a'], 'the first starts at once')
  await bench.finish('b')
  t.strictSame(bench.started, ['a'])
  await bench.finish('a')
  await bench.finish('c')
  t.strictSame(bench.started, ['a', 'b', 'c'])
  t.strictSame(await Promise.all(results), [
    { result: 'a', queueMs: 0 },
    { result: 'b', queueMs: 0 },
    { result: 'c', queueMs: 0 }
  ])
  void bench.push('d')
  t.equal(bench.started.at(-1), 'd', 'an idle queue starts again at once')
})

t.test('waiting is counted from arrival to start', async t => {
  const bench = new Bench()
  bench.now = 100
  const first = bench.push('a')
  bench.now = 105
  const second = bench.push('b')
  bench.now = 130
  await bench.finish('a')
  bench.now = 500
  await bench.finish('b')
  t.equal((await first).queueMs, 0)
  t.equal((await second).queueMs, 25)
})

t.test('rows that wait are counted, the running ones not', async t => {
  const bench = new Bench()
  void bench.push('a', 5)
  t.equal(bench.queue.rows, 0)
  void bench.push('b', 4)
  void bench.push('c', 2)
  t.equal(bench.queue.rows, 6)
  await bench.finish('a')
  t.equal(bench.queue.rows, 2)
  await bench.finish('b')
  t.equal(bench.queue.rows, 0)
})

t.test('what does not fit is refused at once, in rows or in bytes; the limit itself still fits', async t => {
  const full = {
    code: 'QUEUE_FULL',
    retryAfterSeconds: 1,
    message: "the model's queue is full (10 rows wait, at most 10 rows or 1000 bytes may)"
  }
  const rows = new Bench()
  void rows.push('running', 10)
  void rows.push('fits', 10)
  t.throws(() => rows.push('one too many', 1), full)
  await rows.finish('running')
  void rows.push('fits now', 10)
  t.throws(() => rows.push('again', 1), full)

  const bytes = new Bench()
  void bytes.push('running', 1, 1000)
  void bytes.push('fits', 1, 1000)
  t.throws(() => bytes.push('one too many', 1, 1), { code: 'QUEUE_FULL' })
  await bytes.finish('running')
  void bytes.push('fits now', 1, 999)
  t.throws(() => bytes.push('again', 1, 2), { code: 'QUEUE_FULL' })
  void bytes.push('the rest', 1, 1)
  t.strictSame(bytes.started, ['running', 'fits'], 'a refused job never runs')
})

t.test('a job larger than the queue is taken when nothing is before it, and only then', async t => {
  const bench = new Bench()
  const large = bench.push('large', 11, 2000)
  t.strictSame(bench.started, ['large'])
  t.throws(() => bench.push('larger', 11), { code: 'QUEUE_FULL' })
  await bench.finish('large')
  t.match(await large, { result: 'large' })
  void bench.push('next', 1, 5000)
  t.strictSame(bench.started, ['large', 'next'])
})

t.test('a job that fails, or throws at once, is its own problem', async t => {
  const bench = new Bench()
  const failing = t.rejects(bench.push('a'), { message: 'no' })
  const thrower = (): never => {
    throw new Error('at once')
  }
  const throwing = t.rejects(bench.queue.push({ rows: 1, bytes: 1, run: thrower }), { message: 'at once' })
  const fine = bench.push('c')
  bench.gates.get('a')!.reject(new Error('no'))
  await failing
  await throwing
  await bench.finish('c')
  t.match(await fine, { result: 'c' })
  await t.rejects(
    bench.queue.push({ rows: 1, bytes: 1, run: thrower }),
    { message: 'at once' },
    'also when idle'
  )
  void bench.push('d')
  t.equal(bench.started.at(-1), 'd')
  t.equal(bench.queue.rows, 0)
})

t.test('a job pushed at the moment another ends waits for those before it', async t => {
  const bench = new Bench()
  const first = bench.push('a')
  void bench.push('b')
  void first.then(() => bench.push('c'))
  await bench.finish('a')
  t.strictSame(bench.started, ['a', 'b'])
  await bench.finish('b')
  t.strictSame(bench.started, ['a', 'b', 'c'])
})

t.test('whatever comes and ends when, the order holds and the counts come back to zero', async () => {
  const steps = fc.array(fc.oneof(fc.constant('end'), fc.integer({ min: 1, max: 4 })), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(steps, async actions => {
      const bench = new Bench(6)
      const taken: { name: string; rows: number }[] = []
      let ended = 0
      let right = true
      const end = async (): Promise<void> => {
        if (ended < taken.length) await bench.finish(taken[ended++]!.name)
      }
      const waiting = (): number => taken.slice(ended + 1).reduce((sum, { rows }) => sum + rows, 0)
      for (const [index, rows] of actions.entries()) {
        if (typeof rows === 'string') {
          await end()
        } else {
          const fits = ended === taken.length || waiting() + rows <= 6
          try {
            void bench.push(String(index), rows)
            taken.push({ name: String(index), rows })
            right &&= fits
          } catch {
            right &&= !fits
          }
        }
        right &&= bench.queue.rows === waiting()
      }
      while (ended < taken.length) await end()
      return right && bench.queue.rows === 0 && bench.started.join() === taken.map(({ name }) => name).join()
    })
  )
})
