import t from 'tap'
import { type Deferred, deferred } from '../../../src/base/deferred.ts'
import { RecordQueue, sliceMaxMs } from '../../../src/monitoring/prediction-log/queue.ts'
import { settling, turn } from '../../helpers/turn.ts'

/** A line in as many steps as the item says. */
interface Item {
  readonly text: string
  readonly steps?: number
}

/** Every step takes `stepMs`; slices and writes happen when the test says so. */
function bench({ bytesMax = 1000, stepMs = 0 } = {}) {
  const slices: (() => void)[] = []
  const writes: { lines: readonly string[]; done: Deferred<void> }[] = []
  const dropped: [records: number, reason: string][] = []
  const counts = { written: 0, steps: 0 }
  let nowMs = 0
  const queue = new RecordQueue<Item>({
    *render({ text, steps = 0 }) {
      for (let step = 0; step < steps; step++) {
        counts.steps++
        nowMs += stepMs
        yield
      }
      if (text === 'broken') throw new Error('cannot be rendered')
      return text
    },
    sink: {
      write(lines) {
        if (lines.includes('refused at once')) throw new Error('refused')
        const done = deferred<void>()
        writes.push({ lines, done })
        return done.promise
      }
    },
    bytesMax,
    defer: slice => void slices.push(slice),
    nowMs: () => nowMs,
    onWritten(records) {
      counts.written += records
    },
    onDropped: (records, reason) => void dropped.push([records, reason])
  })
  const push = (text: string, bytes = 10, steps = 0): boolean => {
    if (!queue.hold(bytes)) return false
    queue.push({ text, steps }, bytes)
    return true
  }
  return { queue, push, slices, writes, dropped, counts, slice: () => slices.shift()?.() }
}

t.test('nothing is rendered or written before the requests of the turn were seen to', async t => {
  const { push, slices, writes, slice, counts, queue } = bench()
  for (const text of ['a', 'b', 'c']) push(text)
  t.strictSame([slices.length, writes.length], [1, 0])
  slice()
  t.strictSame(
    writes.map(({ lines }) => lines),
    [['a', 'b', 'c']]
  )
  t.equal(slices.length, 0, 'and nothing more is asked for')
  const flushed = queue.flush()
  const settled = settling(flushed)
  await turn()
  t.notOk(settled())
  writes[0]!.done.resolve()
  await flushed
  t.equal(counts.written, 3)
})

t.test('a slice ends when its time is over, and the next one goes on', async t => {
  const { push, slices, slice, counts, writes } = bench({ stepMs: sliceMaxMs / 2 })
  push('long', 10, 5)
  push('short')
  slice()
  t.strictSame([counts.steps, slices.length], [2, 1])
  slice()
  t.strictSame([counts.steps, slices.length, writes.length], [4, 1, 0])
  slice()
  t.strictSame([counts.steps, slices.length], [5, 0])
  t.strictSame(writes[0]!.lines, ['long', 'short'])
})

t.test('one write at a time, in order, in blocks', async t => {
  const { push, slice, writes, queue, counts } = bench({ bytesMax: 2 ** 24 })
  push('first')
  slice()
  const large = 'x'.repeat(100_000)
  for (let index = 0; index < 5; index++) push(large)
  slice()
  t.equal(writes.length, 1)
  for (let index = 0; index < 4; index++) {
    writes[index]!.done.resolve()
    await turn()
  }
  t.strictSame(
    writes.map(({ lines }) => lines.length),
    [1, 2, 2, 1]
  )
  await queue.flush()
  t.equal(counts.written, 6)
})

t.test('a record larger than a block is written alone', async t => {
  const { push, slice, writes } = bench({ bytesMax: 2 ** 24 })
  push('x'.repeat(2 ** 20))
  push('small')
  slice()
  t.strictSame(
    writes.map(({ lines }) => lines.length),
    [1]
  )
})

t.test('what finds no room is dropped; what was held comes back', async t => {
  const { push, slice, writes, dropped, queue } = bench({ bytesMax: 100 })
  t.ok(push('a', 60))
  t.notOk(push('b', 41))
  t.strictSame(dropped, [[1, '60 bytes of records wait for the disk already']])
  t.ok(queue.hold(40))
  t.notOk(queue.hold(1))
  queue.release(40)
  slice()
  // From here on the line itself counts: two bytes with its newline.
  t.ok(queue.hold(98))
  t.notOk(queue.hold(1))
  writes[0]!.done.resolve()
  await turn()
  t.ok(queue.hold(2), 'what is written takes no room')
  t.notOk(queue.hold(1))
})

t.test('a sink that fails costs the block, and the next one is tried', async t => {
  const { push, slice, writes, dropped, counts, queue } = bench({ bytesMax: 100 })
  push('a', 50)
  push('b', 50)
  slice()
  writes[0]!.done.reject(new Error('ENOSPC: no space left on device'))
  await queue.flush()
  t.strictSame(dropped, [[2, 'ENOSPC: no space left on device']])
  t.ok(push('c', 100), 'its memory is free')
  slice()
  writes[1]!.done.resolve()
  await queue.flush()
  t.equal(counts.written, 1)
  push('refused at once')
  slice()
  await queue.flush()
  t.strictSame(dropped[1], [1, 'refused'])
})

t.test('a record that cannot be rendered costs itself', async t => {
  const { push, slice, writes, dropped, queue } = bench({ bytesMax: 30 })
  for (const text of ['a', 'broken', 'b']) push(text)
  slice()
  t.strictSame(writes[0]!.lines, ['a', 'b'])
  t.strictSame(dropped, [[1, 'cannot be rendered']])
  writes[0]!.done.resolve()
  await queue.flush()
  t.ok(queue.hold(30))
})

t.test('flushing settles at once where nothing waits, and after everything where something does', async t => {
  const { push, slice, writes, queue } = bench()
  await queue.flush()
  push('a', 10, 1)
  const settled = settling(Promise.all([queue.flush(), queue.flush()]))
  await turn()
  t.notOk(settled())
  slice()
  await turn()
  t.notOk(settled())
  writes[0]!.done.resolve()
  await turn()
  t.ok(settled())
})
