import fc from 'fast-check'
import t from 'tap'
import { BatchQueue, type Waiting } from '../../src/batching/batch-queue.ts'
import { jobOf } from '../helpers/batch-bench.ts'

interface Entry extends Waiting {
  readonly name: string
}

interface Spec {
  readonly rows?: number
  readonly bytes?: number
  readonly key?: string | undefined
  readonly priority?: number
}

/** Entries come one millisecond after the other. */
function entriesOf(specs: Readonly<Record<string, Spec>>): Entry[] {
  return Object.entries(specs).map(([name, spec], arrivedMs) => {
    const { rows = 1, bytes = 1, priority = 5 } = spec
    const mergeKey = 'key' in spec ? spec.key : ''
    return { name, arrivedMs, job: { ...jobOf([]), rows, bytes, mergeKey, priority } }
  })
}

function queueOf(specs: Readonly<Record<string, Spec>>, limits = { rowsMax: 10, bytesMax: 100 }) {
  const queue = new BatchQueue<Entry>(limits)
  for (const entry of entriesOf(specs)) queue.push(entry)
  return queue
}

const alive = (): boolean => false
const names = (entries: readonly Entry[]): string => entries.map(({ name }) => name).join(' ')
const counts = ({ size, rows, bytes }: BatchQueue<Entry>) => ({ size, rows, bytes })
const nothing = { size: 0, rows: 0, bytes: 0 }

/** All batches, as the names in each. */
function batches(queue: BatchQueue<Entry>, rowsMax: number, isDead: (entry: Entry) => boolean = alive) {
  const taken: string[] = []
  while (queue.size > 0) taken.push(names(queue.take(rowsMax, isDead)))
  return taken
}

t.test('what fits: up to the limits in rows and in bytes, and anything into an empty queue', async t => {
  const cases: [string, Record<string, Spec>, Spec, boolean][] = [
    ['an empty queue', {}, { rows: 11, bytes: 101 }, true],
    ['up to the limit of rows', { a: { rows: 4 } }, { rows: 6 }, true],
    ['one row more', { a: { rows: 4 } }, { rows: 7 }, false],
    ['up to the limit of bytes', { a: { bytes: 40 } }, { bytes: 60 }, true],
    ['one byte more', { a: { bytes: 40 } }, { bytes: 61 }, false],
    ['no rows, where rows are used up', { a: { rows: 10 } }, { rows: 0 }, true],
    ['no rows behind too many', { a: { rows: 11 } }, { rows: 0 }, false],
    ['all keys and priorities count', { a: { rows: 5, key: 'k' }, b: { rows: 5, priority: 1 } }, {}, false]
  ]
  for (const [name, waiting, next, fits] of cases) {
    const [entry] = entriesOf({ next })
    t.equal(queueOf(waiting).fits(entry!.job), fits, name)
  }
})

t.test('batches: priorities, then arrival; equal keys up to the most rows', async t => {
  const alone = { key: undefined }
  const cases: [string, number, Record<string, Spec>, string[]][] = [
    ['in order', 3, { a: {}, b: {}, c: {}, d: {} }, ['a b c', 'd']],
    ['rows count, not entries', 3, { a: { rows: 2 }, b: {}, c: { rows: 3 } }, ['a b', 'c']],
    ['nobody overtakes one that does not fit', 4, { a: { rows: 2 }, b: { rows: 3 }, c: {} }, ['a', 'b c']],
    ['a larger one runs alone', 2, { a: { rows: 9 }, b: {}, c: {} }, ['a', 'b c']],
    ['and is not taken by a smaller one', 2, { a: {}, b: { rows: 9 }, c: {} }, ['a', 'b', 'c']],
    ['no rows take no room', 2, { a: {}, b: {}, c: { rows: 0 }, d: {} }, ['a b c', 'd']],
    ['without a key', 9, { a: alone, b: alone, c: {} }, ['a', 'b', 'c']],
    ['keys', 9, { a: { key: 'k' }, b: { key: 'l' }, c: { key: 'k' }, d: { key: 'l' } }, ['a c', 'b d']],
    ['the empty key is a key', 9, { a: {}, b: { key: 'k' }, c: {}, d: alone }, ['a c', 'b', 'd']],
    ['priorities', 1, { a: { priority: 9 }, b: { priority: 1 }, c: {} }, ['b', 'c', 'a']],
    ['all priorities share a run', 9, { a: { priority: 9 }, b: { priority: 1 }, c: {} }, ['b c a']],
    ['the highest fills it', 2, { a: {}, b: {}, c: { priority: 1 }, d: { priority: 1 } }, ['c d', 'a b']],
    ['keys of other priorities wait', 9, { a: { key: 'k' }, b: { priority: 1 }, c: {} }, ['b c', 'a']],
    ['first in line decides', 9, { a: { key: 'k', priority: 6 }, b: {}, c: { key: 'k' } }, ['b', 'c a']],
    ['the first has no key', 9, { a: alone, b: {}, c: {} }, ['a', 'b c']]
  ]
  for (const [name, rowsMax, specs, expected] of cases) {
    const queue = queueOf(specs)
    t.strictSame(batches(queue, rowsMax), expected, name)
    t.strictSame(counts(queue), nothing, `${name}: nothing is left`)
  }
})

t.test('the dead are dropped when they are met, and asked once', async t => {
  const cases: [string, Record<string, Spec>, string, string[]][] = [
    ['at the front', { a: {}, b: {}, c: {} }, 'a', ['b c']],
    ['in between', { a: {}, b: {}, c: {} }, 'b', ['a c']],
    ['their rows are free', { a: { rows: 2 }, b: { rows: 2 }, c: { rows: 2 } }, 'b', ['a c']],
    ['of other keys too', { a: { key: 'k' }, b: {}, c: { key: 'k' } }, 'a', ['b', 'c']],
    ['without a key', { a: { key: undefined }, b: { key: undefined } }, 'a', ['b']],
    ['all of them', { a: {}, b: { key: undefined }, c: { priority: 1 } }, 'a b c', ['']]
  ]
  for (const [name, specs, dead, expected] of cases) {
    const queue = queueOf(specs)
    const asked: string[] = []
    const isDead = (entry: Entry): boolean => {
      asked.push(entry.name)
      return dead.includes(entry.name)
    }
    t.strictSame(batches(queue, 4, isDead), expected, name)
    t.strictSame(counts(queue), nothing, name)
    t.strictSame(asked.sort(), Object.keys(specs), `${name}: asked once`)
  }
})

t.test('nothing is taken from nothing', async t => {
  t.strictSame(queueOf({}).take(4, alive), [])
  t.strictSame(queueOf({}).takeAll(), [])
  t.equal(queueOf({}).oldestArrivedMs, undefined)
})

t.test('full is what gains nothing by waiting', async t => {
  const cases: [string, number, Record<string, Spec>, boolean][] = [
    ['empty', 4, {}, false],
    ['fewer rows', 4, { a: { rows: 3 } }, false],
    ['as many', 4, { a: { rows: 3 }, b: {} }, true],
    ['more', 4, { a: { rows: 5 } }, true],
    ['of several shapes together', 4, { a: { rows: 2 }, b: { rows: 2, key: 'k' } }, true],
    ['the first merges with nobody', 4, { a: { key: undefined } }, true],
    ['a later one does not', 4, { a: {}, b: { key: undefined } }, false],
    ['by priority it is the first', 4, { a: {}, b: { key: undefined, priority: 1 } }, true]
  ]
  for (const [name, rowsMax, specs, full] of cases) t.equal(queueOf(specs).isFull(rowsMax), full, name)
})

t.test('who waits longest, wherever in line', async t => {
  const queue = queueOf({ a: { priority: 9 }, b: { key: 'k' }, c: { priority: 1 } })
  t.equal(queue.oldestArrivedMs, 0)
  t.equal(names(queue.take(9, alive)), 'c a')
  t.equal(queue.oldestArrivedMs, 1)
  t.equal(names(queue.take(9, alive)), 'b')
  t.equal(queue.oldestArrivedMs, undefined)
})

t.test('purging drops the dead wherever they stand, asks each once, and keeps the order', async t => {
  const specs = { a: { rows: 2 }, b: {}, c: { key: 'k' }, d: { priority: 1 }, e: {}, f: { key: undefined } }
  const queue = queueOf(specs)
  const asked: string[] = []
  queue.purge(({ name }) => {
    asked.push(name)
    return 'acf'.includes(name)
  })
  t.strictSame(asked.sort(), Object.keys(specs))
  t.strictSame(counts(queue), { size: 3, rows: 3, bytes: 3 })
  queue.purge(alive)
  t.strictSame(counts(queue), { size: 3, rows: 3, bytes: 3 })
  queue.push({ name: 'g', arrivedMs: 9, job: jobOf([0]) })
  t.strictSame(batches(queue, 2), ['d b', 'e g'])
})

t.test('taking all gives each entry once and leaves nothing', async t => {
  const queue = queueOf({ a: {}, b: { key: 'k' }, c: { priority: 1 }, d: { key: undefined } })
  t.strictSame(names(queue.takeAll()).split(' ').sort(), ['a', 'b', 'c', 'd'])
  t.strictSame(counts(queue), nothing)
  t.strictSame(queue.takeAll(), [])
})

/** What a queue did to one entry. */
const spec = fc.record({
  rows: fc.nat(5),
  bytes: fc.nat(9),
  key: fc.constantFrom(undefined, '', 'k', 'l'),
  priority: fc.constantFrom(1, 5, 9)
})
const step = fc.oneof(
  { weight: 4, arbitrary: spec },
  { weight: 2, arbitrary: fc.constantFrom('take', 'take') },
  { weight: 1, arbitrary: fc.constantFrom('purge', 'die') }
)

t.test(
  'whatever happens: fair batches of equal keys, true counts, everything taken once or dead',
  async () => {
    const rowsMax = 6
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const queue = new BatchQueue<Entry>({ rowsMax: 9, bytesMax: 9 })
        let waiting: Entry[] = []
        const dead = new Set<Entry>()
        const isDead = (entry: Entry): boolean => dead.has(entry)
        const inLine = (): Entry[] =>
          waiting.toSorted((a, b) => a.job.priority - b.job.priority || a.arrivedMs - b.arrivedMs)
        const take = (): void => {
          const live = inLine().filter(entry => !isDead(entry))
          const batch = queue.take(rowsMax, isDead)
          const rows = batch.reduce((sum, { job }) => sum + job.rows, 0)
          check(batch[0] === live[0], 'the first in line is first')
          const candidates = live.filter(
            ({ job }, index) =>
              index === 0 || (job.mergeKey !== undefined && job.mergeKey === live[0]?.job.mergeKey)
          )
          check(
            batch.every((entry, index) => entry === candidates[index]),
            'no others, and in order'
          )
          check(batch.length < 2 || rows <= rowsMax, 'no more rows than may be')
          const next = candidates[batch.length]
          const anyDead = waiting.some(isDead)
          check(next === undefined || anyDead || rows + next.job.rows > rowsMax, 'as many as fit')
          waiting = waiting.filter(entry => !batch.includes(entry))
          // Which of the dead were met is the queue's business; all go with the next purge.
          queue.purge(isDead)
          waiting = waiting.filter(entry => !isDead(entry))
        }
        for (const [index, action] of steps.entries()) {
          if (action === 'take') take()
          else if (action === 'die') dead.add(waiting[index % waiting.length]!)
          else if (action === 'purge') {
            queue.purge(isDead)
            waiting = waiting.filter(entry => !isDead(entry))
          } else if (typeof action === 'object') {
            const { key, ...job } = action
            const entry = { name: '', arrivedMs: index, job: { ...jobOf([]), ...job, mergeKey: key } }
            waiting.push(entry)
            queue.push(entry)
          }
          checkCounts(queue, waiting)
        }
        while (waiting.length > 0) take()
        checkCounts(queue, [])
      })
    )
  }
)

function checkCounts(queue: BatchQueue<Entry>, waiting: readonly Entry[]): void {
  const sum = (of: (entry: Entry) => number): number => waiting.reduce((total, entry) => total + of(entry), 0)
  check(queue.size === waiting.length, 'entries')
  check(queue.rows === sum(({ job }) => job.rows), 'rows')
  check(queue.bytes === sum(({ job }) => job.bytes), 'bytes')
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`does not hold: ${what}`)
}
