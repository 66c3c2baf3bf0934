import t from 'tap'
import { type Pumped, Turns } from '../../src/batching/turns.ts'

/** Turns that end at the test's word, with a clock that a pump moves. */
class Bench {
  nowMs = 0
  /** Who was pumped, in order. */
  log: string[] = []
  readonly #ends: (() => void)[] = []
  readonly turns: Turns

  constructor(turnMaxMs = 10) {
    this.turns = new Turns({
      turnMaxMs,
      nowMs: () => this.nowMs,
      atTurnEnd: action => void this.#ends.push(action)
    })
  }

  get scheduled(): number {
    return this.#ends.length
  }

  /** One that has so many steps of work, each of which takes `tookMs`. */
  worker(name: string, steps: number, tookMs = 0): Pumped {
    let left = steps
    return {
      pump: () => {
        this.log.push(name)
        this.nowMs += tookMs
        left--
        return left > 0
      }
    }
  }

  /** Ends one turn and tells who was pumped in it. */
  turn(): string {
    this.log = []
    for (const action of this.#ends.splice(0)) action()
    return this.log.join(' ')
  }
}

t.test('nothing happens before the end of the turn, then once however often it was asked for', async t => {
  const bench = new Bench()
  const a = bench.worker('a', 1)
  for (let times = 0; times < 3; times++) bench.turns.ask(a)
  t.strictSame([bench.scheduled, bench.log], [1, []])
  t.equal(bench.turn(), 'a')
  t.equal(bench.scheduled, 0, 'no more turns than were asked for')
  bench.turns.ask(a)
  t.equal(bench.turn(), 'a', 'and anew')
})

t.test('everybody gets a step before anyone gets the next', async t => {
  const cases: [string, [name: string, steps: number][], string][] = [
    [
      'one step each',
      [
        ['a', 1],
        ['b', 1]
      ],
      'a b'
    ],
    [
      'more to do',
      [
        ['a', 3],
        ['b', 1]
      ],
      'a b a a'
    ],
    [
      'round',
      [
        ['a', 3],
        ['b', 2],
        ['c', 3]
      ],
      'a b c a b c a c'
    ]
  ]
  for (const [name, workers, order] of cases) {
    const bench = new Bench()
    for (const [worker, steps] of workers) bench.turns.ask(bench.worker(worker, steps))
    t.equal(bench.turn(), order, name)
    t.equal(bench.scheduled, 0, name)
  }
})

t.test('once the time is used up the rest waits for the next turn, where the others come first', async t => {
  const cases: [string, number, [name: string, steps: number, tookMs: number][], string[]][] = [
    ['within the time', 10, [['a', 3, 3]], ['a a a']],
    ['exactly the time', 10, [['a', 3, 5]], ['a a', 'a']],
    [
      'beyond it',
      10,
      [
        ['a', 2, 11],
        ['b', 1, 1]
      ],
      ['a', 'b a']
    ],
    [
      'all together',
      10,
      [
        ['a', 3, 4],
        ['b', 2, 4],
        ['c', 1, 4]
      ],
      ['a b c', 'a b a']
    ],
    [
      'no time: one step a turn',
      0,
      [
        ['a', 2, 0],
        ['b', 2, 0]
      ],
      ['a', 'b', 'a', 'b']
    ]
  ]
  for (const [name, turnMaxMs, workers, turns] of cases) {
    const bench = new Bench(turnMaxMs)
    for (const worker of workers) bench.turns.ask(bench.worker(...worker))
    for (const expected of turns) t.equal(bench.turn(), expected, name)
    t.equal(bench.scheduled, 0, `${name}: all done`)
  }
})

t.test('the time begins with each turn, not with the question', async t => {
  const bench = new Bench(10)
  bench.turns.ask(bench.worker('a', 2, 4))
  bench.nowMs = 1000
  t.equal(bench.turn(), 'a a')
})

t.test('who asks during a turn is served in it or in the next', async t => {
  const bench = new Bench(10)
  const late = bench.worker('late', 1)
  let asked = false
  bench.turns.ask({
    pump() {
      bench.log.push('a')
      if (!asked) bench.turns.ask(late)
      asked = true
      return false
    }
  })
  t.equal(bench.turn(), 'a late')
  t.equal(bench.turn(), '', 'once')
  t.equal(bench.scheduled, 0)

  const slow = new Bench(10)
  const after = slow.worker('after', 1)
  slow.turns.ask({
    pump() {
      slow.log.push('slow')
      slow.nowMs += 20
      slow.turns.ask(after)
      return false
    }
  })
  t.equal(slow.turn(), 'slow')
  t.equal(slow.scheduled, 1, 'one turn, though two had reason to ask for it')
  t.equal(slow.turn(), 'after')
})

t.test('who asks for itself while it is pumped is pumped again, once', async t => {
  const bench = new Bench(10)
  let steps = 0
  const self: Pumped = {
    pump() {
      steps++
      if (steps === 1) bench.turns.ask(self)
      return false
    }
  }
  bench.turns.ask(self)
  while (bench.scheduled > 0) bench.turn()
  t.equal(steps, 2)
})
