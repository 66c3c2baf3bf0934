// Whatever a queue is asked, in whatever order: batches are fair and counts are true.
import fc from 'fast-check'
import t from 'tap'
import { BatchQueue, type Waiting } from '../../src/batching/batch-queue.ts'
import { jobOf } from '../helpers/batch-bench.ts'

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
  { weight: 1, arbitrary: fc.constantFrom('purge', 'die') },
  { weight: 2, arbitrary: fc.constant('forget') }
)

t.test(
  'whatever happens: fair batches of equal keys, true counts, everything taken once or dead',
  async () => {
    const rowsMax = 6
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
        const queue = new BatchQueue<Waiting>({ rowsMax: 9, bytesMax: 9 })
        let waiting: Waiting[] = []
        const dead = new Set<Waiting>()
        const isDead = (entry: Waiting): boolean => dead.has(entry)
        const inLine = (): Waiting[] =>
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
          else if (action === 'forget' && waiting.length > 0) {
            const [entry] = waiting.splice((index * 7) % waiting.length, 1)
            queue.forget(entry!)
          } else if (action === 'purge') {
            queue.purge(isDead)
            waiting = waiting.filter(entry => !isDead(entry))
          } else if (typeof action === 'object') {
            const { key, ...job } = action
            const entry = {
              name: '',
              arrivedMs: index,
              waits: false,
              job: { ...jobOf([]), ...job, mergeKey: key }
            }
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

function checkCounts(queue: BatchQueue<Waiting>, waiting: readonly Waiting[]): void {
  const sum = (of: (entry: Waiting) => number): number =>
    waiting.reduce((total, entry) => total + of(entry), 0)
  check(queue.size === waiting.length, 'entries')
  check(queue.rows === sum(({ job }) => job.rows), 'rows')
  check(queue.bytes === sum(({ job }) => job.bytes), 'bytes')
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`does not hold: ${what}`)
}
