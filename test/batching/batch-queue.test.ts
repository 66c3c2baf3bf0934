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
    return { name, arrivedMs, waits: false, job: { ...jobOf([]), rows, bytes, mergeKey, priority } }
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
  queue.push({ name: 'g', arrivedMs: 9, waits: false, job: jobOf([0]) })
  t.strictSame(batches(queue, 2), ['d b', 'e g'])
})

t.test('taking all gives each entry once and leaves nothing', async t => {
  const queue = queueOf({ a: {}, b: { key: 'k' }, c: { priority: 1 }, d: { key: undefined } })
  t.strictSame(names(queue.takeAll()).split(' ').sort(), ['a', 'b', 'c', 'd'])
  t.strictSame(counts(queue), nothing)
  t.strictSame(queue.takeAll(), [])
})

t.test('who is forgotten counts no more, is not asked, and nobody waits for it', async t => {
  const specs = {
    a: { rows: 4, bytes: 40 },
    b: { key: 'k' },
    c: { rows: 2 },
    d: { priority: 1 },
    e: { key: undefined }
  }
  for (const gone of ['a', 'd', 'ab', 'cd', 'ace', 'bcde', 'abcde']) {
    const entries = entriesOf(specs)
    const queue = new BatchQueue<Entry>({ rowsMax: 10, bytesMax: 100 })
    for (const entry of entries) queue.push(entry)
    const [left, forgotten] = [false, true].map(is =>
      entries.filter(({ name }) => gone.includes(name) === is)
    )
    for (const entry of [...forgotten!, ...forgotten!]) queue.forget(entry)
    const sum = (of: 'rows' | 'bytes') => left!.reduce((total, { job }) => total + job[of], 0)
    t.strictSame(counts(queue), { size: left!.length, rows: sum('rows'), bytes: sum('bytes') }, gone)
    t.equal(queue.oldestArrivedMs, left![0]?.arrivedMs, gone)
    t.equal(queue.fits(jobOf([], { rows: 10, bytes: 100 })), left!.length === 0, gone)
    const asked: string[] = []
    const taken = batches(queue, 2, ({ name }) => asked.push(name) === 0)
    const names = left!.map(({ name }) => name)
    t.strictSame(asked.toSorted(), names, gone)
    t.strictSame(taken.join(' ').split(' ').filter(Boolean).sort(), names, gone)
    for (const entry of entries) queue.forget(entry)
    t.strictSame(counts(queue), nothing, 'those that left are not counted twice')
  }
})

t.test('forgetting costs the same for each, however many wait, and their places go', async t => {
  const entriesMax = 1000
  let looks = 0
  class Watched implements Entry {
    readonly name = ''
    readonly arrivedMs: number
    readonly job
    #waits = false

    constructor(arrivedMs: number) {
      this.arrivedMs = arrivedMs
      this.job = { ...jobOf([]), mergeKey: ['', 'k', 'l'][arrivedMs % 3] }
    }

    get waits(): boolean {
      looks++
      return this.#waits
    }

    set waits(waits: boolean) {
      this.#waits = waits
    }
  }
  const queue = new BatchQueue<Watched>({ rowsMax: 10, bytesMax: 100 })
  const entries = Array.from({ length: entriesMax }, (_, index) => new Watched(index))
  for (const entry of entries) queue.push(entry)
  looks = 0
  for (const [index, entry] of entries.entries()) {
    if (index % 5 !== 0) queue.forget(entry)
  }
  t.ok(looks < 5 * entriesMax, `${looks} looks`)
  looks = 0
  let asked = 0
  queue.purge(() => ++asked === 0)
  t.strictSame([queue.size, asked], [entriesMax / 5, entriesMax / 5], 'nobody asks for those that are gone')
  t.ok(looks <= 2 * queue.size, `${looks} looks at what is left`)
})
