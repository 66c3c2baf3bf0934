import fc from 'fast-check'
import t from 'tap'
import { Deadlines } from '../../src/batching/deadlines.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

function bench() {
  const clock = new FakeClock()
  const expired: string[] = []
  const deadlines = new Deadlines<string>(
    clock,
    item => void expired.push(`${item} at ${clock.monotonicMs()}`)
  )
  return { clock, expired, deadlines }
}

t.test('each is told when its time is over, the earliest first, with one timer', async t => {
  const { clock, expired, deadlines } = bench()
  t.equal(clock.pending, 0)
  deadlines.add('late', 30)
  deadlines.add('early', 10)
  deadlines.add('between', 20)
  t.equal(clock.pending, 1)
  await clock.advance(9)
  t.strictSame(expired, [])
  await clock.advance(1)
  t.strictSame(expired, ['early at 10'])
  t.equal(clock.pending, 1, 'armed anew')
  await clock.advance(100)
  t.strictSame(expired, ['early at 10', 'between at 20', 'late at 30'])
  t.equal(clock.pending, 0, 'nothing is left to wait for')
})

t.test('those with the same deadline go together, in the order they came', async t => {
  const { clock, expired, deadlines } = bench()
  for (const item of ['a', 'b', 'c']) deadlines.add(item, 5)
  await clock.advance(5)
  t.strictSame(expired, ['a at 5', 'b at 5', 'c at 5'])
})

t.test('what was deleted is not told; its timer goes off in vain, once', async t => {
  const { clock, expired, deadlines } = bench()
  deadlines.add('a', 10)
  deadlines.add('b', 20)
  deadlines.delete('a')
  deadlines.delete('never there')
  await clock.advance(10)
  t.strictSame(expired, [])
  t.equal(clock.pending, 1)
  deadlines.delete('b')
  await clock.advance(10)
  t.strictSame([expired, clock.pending], [[], 0])
  deadlines.add('c', 25)
  await clock.advance(5)
  t.strictSame(expired, ['c at 25'], 'armed after it had stood still')
})

t.test('a deadline that is over already is told with the next timer, not at once', async t => {
  const { clock, expired, deadlines } = bench()
  await clock.advance(50)
  deadlines.add('a', 20)
  t.strictSame(expired, [])
  await clock.advance(0)
  t.strictSame(expired, ['a at 50'])
})

t.test('fractions are waited out; no deadline needs no timer', async t => {
  const { clock, expired, deadlines } = bench()
  deadlines.add('never', Number.POSITIVE_INFINITY)
  t.equal(clock.pending, 0)
  deadlines.add('a', 1.25)
  await clock.advance(1.25)
  t.strictSame(expired, [])
  await clock.advance(0.75)
  t.strictSame(expired, ['a at 2'])
  await clock.advance(1e9)
  t.strictSame([expired.length, clock.pending], [1, 0])
})

t.test('a timer that goes off too early is set once more', async t => {
  const { clock, expired } = bench()
  // The system's timers hold 24.8 days at most.
  const impatient = {
    ...methods(clock),
    after: (ms: number, action: () => void) => clock.after(Math.min(ms, 5), action)
  }
  const deadlines = new Deadlines<string>(impatient, item => void expired.push(item))
  deadlines.add('a', 12)
  await clock.advance(11)
  t.strictSame([expired, clock.pending], [[], 1])
  await clock.advance(1)
  t.strictSame([expired, clock.pending], [['a'], 0])
})

t.test('its timer does not keep the process', async t => {
  const { clock, expired } = bench()
  const held: (boolean | undefined)[] = []
  const watching = {
    ...methods(clock),
    after(ms: number, action: () => void, holds?: boolean) {
      held.push(holds)
      return clock.after(ms, action)
    }
  }
  const deadlines = new Deadlines<string>(watching, item => void expired.push(item))
  deadlines.add('a', 5)
  deadlines.add('b', 10)
  await clock.advance(10)
  t.strictSame(held, [false, false])
  t.strictSame(expired, ['a', 'b'])
})

t.test('who is told may add and delete others', async t => {
  const clock = new FakeClock()
  const expired: string[] = []
  const deadlines = new Deadlines<string>(clock, item => {
    expired.push(item)
    if (item !== 'first') return
    deadlines.delete('second')
    deadlines.add('sooner', 15)
    deadlines.add('over', 1)
  })
  for (const item of ['first', 'second']) deadlines.add(item, 10)
  deadlines.add('last', 40)
  await clock.advance(100)
  t.strictSame(expired, ['first', 'over', 'sooner', 'last'])
  t.equal(clock.pending, 0)
})

t.test(
  'whatever is added, deleted and waited for: each is told once, on time, and never too early',
  async () => {
    const step = fc.oneof(
      fc.record({ add: fc.nat(30) }),
      fc.record({ drop: fc.nat(20) }),
      fc.record({ wait: fc.nat(12) })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async steps => {
        const clock = new FakeClock()
        const due = new Map<number, number>()
        const fail: string[] = []
        const deadlines = new Deadlines<number>(clock, item => {
          if (due.get(item) !== clock.monotonicMs()) fail.push(`${item} at ${clock.monotonicMs()}`)
          due.delete(item)
        })
        for (const [item, action] of steps.entries()) {
          if ('add' in action) {
            due.set(item, clock.monotonicMs() + action.add)
            deadlines.add(item, clock.monotonicMs() + action.add)
          } else if ('drop' in action) {
            due.delete(action.drop)
            deadlines.delete(action.drop)
          } else await clock.advance(action.wait)
          if (clock.pending > 1) fail.push('more than one timer')
        }
        await clock.advance(100)
        return fail.length === 0 && due.size === 0 && clock.pending === 0
      })
    )
  }
)

function methods(clock: FakeClock) {
  return { now: () => clock.now(), monotonicMs: () => clock.monotonicMs() }
}
