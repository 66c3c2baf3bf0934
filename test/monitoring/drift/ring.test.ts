import t from 'tap'
import { levels, Ring, windowNames } from '../../../src/monitoring/drift/ring.ts'

const sumOf = (ring: Ring, level: number): number =>
  ring.slots(level, 0, 1).reduce((sum, slot) => sum + slot[0]!, 0)

t.test('each window is the sum of what came in it, and forgets what is older', async t => {
  const ring = new Ring(1, 1)
  for (let tick = 1; tick <= 3000; tick++) {
    ring.add(Uint32Array.of(1), Float64Array.of(0.5))
    for (const [level, { slots, ticks }] of levels.entries()) {
      // The newest slot is still being filled.
      const filling = ((tick - 1) % ticks) + 1
      const expected = Math.min(tick, (slots - 1) * ticks + filling)
      if (sumOf(ring, level) !== expected)
        t.equal(sumOf(ring, level), expected, `tick ${tick}, level ${level}`)
      if (ring.sum(level, 0) !== expected / 2) t.equal(ring.sum(level, 0), expected / 2)
    }
  }
  t.equal(sumOf(ring, 0), 10)
})

t.test('time that nobody watched takes counts away as it does when it is watched', async t => {
  const [passed, watched] = [new Ring(1, 0), new Ring(1, 0)]
  for (const ring of [passed, watched])
    for (let tick = 0; tick < 25; tick++) ring.add(Uint32Array.of(3), new Float64Array(0))
  for (let tick = 0; tick < 1111; tick++) watched.add(Uint32Array.of(0), new Float64Array(0))
  passed.pass(1111)
  t.strictSame(
    [0, 1, 2, 3].map(level => sumOf(passed, level)),
    [0, 1, 2, 3].map(level => sumOf(watched, level))
  )
  passed.pass(1e9)
  t.equal(sumOf(passed, 3), 0, 'a year later nothing is left')
})

t.test('a slot that is full keeps what it has', async t => {
  const ring = new Ring(1, 0)
  for (let tick = 0; tick < 5; tick++) ring.add(Uint32Array.of(2 ** 31), new Float64Array(0))
  t.equal(ring.slots(3, 0, 1)[0]![0], 2 ** 31, 'one more would overflow')
  t.equal(sumOf(ring, 0), 5 * 2 ** 31, 'each minute has a slot of its own')
})

t.test('a level is narrow until a slot needs more, and loses nothing when it widens', async t => {
  const ring = new Ring(2, 0)
  for (const count of [65_535, 1, 70_000]) ring.add(Uint32Array.of(count, 1), new Float64Array(0))
  t.strictSame(
    ring.levels.map(({ cells }) => cells.BYTES_PER_ELEMENT),
    [4, 4, 4, 4]
  )
  t.strictSame(
    [0, 1, 2, 3].map(level => sumOf(ring, level)),
    new Array(4).fill(135_536)
  )
  const small = new Ring(2, 0)
  small.add(Uint32Array.of(65_535, 1), new Float64Array(0))
  t.equal(small.levels[3]!.cells.BYTES_PER_ELEMENT, 2)
  for (const level of [0, 1, 2, 3]) {
    const kept = Uint32Array.from(ring.levels[level]!.cells)
    small.restore(level, kept, new Float32Array(0))
    t.strictSame([...small.levels[level]!.cells], [...kept], 'taken back, wide as it was')
  }
})

t.test('windows have names that people know', async t => {
  t.strictSame(windowNames(60_000), ['10m', '1h', '24h', '7d'])
  t.strictSame(windowNames(1000), ['10s', '1m', '24m', '168m'])
  t.strictSame(windowNames(250), ['2500ms', '15s', '6m', '42m'])
})
