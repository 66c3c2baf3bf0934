import fc from 'fast-check'
import t from 'tap'
import { bytesLeft, MemoryBudget, memoryNeed, roomFor } from '../../src/lifecycle/memory-budget.ts'

const MiB = 2 ** 20
const GiB = 2 ** 30

t.test('what a version needs: as measured, else by its files', async t => {
  for (const [measuredBytes, filesBytes, instances, bytes] of [
    [undefined, 0, 1, 16 * MiB],
    [undefined, 100 * MiB, 1, 216 * MiB],
    [undefined, 100 * MiB, 3, 648 * MiB],
    [300 * MiB, 100 * MiB, 1, 300 * MiB],
    [300 * MiB, 100 * MiB, 2, 600 * MiB],
    // No session is smaller than its files.
    [3 * MiB, 100 * MiB, 2, 200 * MiB],
    [0, 5, 1, 5]
  ] as const)
    t.strictSame(memoryNeed({ measuredBytes, filesBytes, instances }), {
      bytes,
      measured: measuredBytes !== undefined
    })
})

t.test('what fits, and the figures where it does not', async t => {
  const facts = { limitBytes: 2 * GiB, limitFrom: 'a setting', reservedBytes: GiB, otherBytes: 724 * MiB }
  for (const [bytes, measured, over, refusal] of [
    [300 * MiB, true, {}, undefined],
    [
      300 * MiB + 1,
      true,
      {},
      'the model needs about 300 MiB (measured), 300 MiB of 2 GiB are left (a setting)'
    ],
    [
      1.2 * GiB,
      false,
      {},
      'the model needs about 1.2 GiB (estimated from its files), 300 MiB of 2 GiB are left (a setting)'
    ],
    [
      1,
      true,
      { otherBytes: 3 * GiB },
      'the model needs about 1 B (measured), 0 B of 2 GiB are left (a setting)'
    ],
    [0, true, {}, undefined]
  ] as const)
    t.equal(roomFor({ bytes, measured }, { ...facts, ...over }), refusal)
  t.equal(bytesLeft(facts), 300 * MiB)
  t.equal(bytesLeft({ ...facts, otherBytes: 2 * GiB }), -GiB)
})

/** A budget on a machine of 1000 bytes, so that models get 900; `use.bytes` of them are in use. */
function machine(usedBytes = 0) {
  const use = { bytes: usedBytes }
  const budget = new MemoryBudget({
    memoryBytesMax: 0,
    state: () => ({ limitBytes: 1000, usedBytes: use.bytes })
  })
  /** What still fits. */
  const left = (): number => 1000 - budget.neededToFit(1000)
  return { use, budget, left }
}

t.test(
  'under a limit of its own: models alone count, from the moment that they are about to load',
  async t => {
    let looks = 0
    const budget = new MemoryBudget({
      memoryBytesMax: 500,
      state: () => {
        looks++
        return { limitBytes: 1000, usedBytes: 990 }
      }
    })
    const first = budget.reserve(200)
    const second = budget.reserve(250)
    t.equal(
      budget.refusal({ bytes: 51, measured: true }),
      'the model needs about 51 B (measured), 50 B of 500 B are left (lifecycle.memoryBytesMax)'
    )
    t.equal(budget.refusal({ bytes: 50, measured: true }), undefined)
    t.strictSame([budget.neededToFit(50), budget.neededToFit(80)], [0, 30])
    first.loaded(180)
    t.equal(budget.neededToFit(80), 10, 'the better figure counts')
    second.release()
    second.release()
    second.loaded()
    t.equal(budget.neededToFit(320), 0)
    t.equal(budget.neededToFit(321), 1)
    first.release()
    t.equal(budget.neededToFit(500), 0)
    t.equal(looks, 0)
  }
)

t.test('what the machine has: nine tenths, less what others take', async t => {
  const { budget, use, left } = machine(100)
  t.equal(left(), 800)
  t.match(
    budget.refusal({ bytes: 801, measured: false }),
    /800 B of 900 B are left \(90 % of what the container/
  )
  const model = budget.reserve(300)
  t.equal(left(), 500)
  use.bytes = 350
  t.equal(left(), 500, 'a load in progress is not counted twice')
  use.bytes = 400
  model.loaded()
  t.equal(left(), 500)
  use.bytes = 450
  t.equal(left(), 450, 'what grew meanwhile counts')
})

t.test('a load that begins meanwhile knows what others took before', async t => {
  const { budget, use, left } = machine(100)
  budget.reserve(300)
  use.bytes = 400
  budget.reserve(100)
  t.equal(left(), 400)
})

t.test(
  'memory of a version that is gone counts as free, whether the process gave it back or not',
  async t => {
    for (const keptBytes of [300, 0]) {
      const { budget, use, left } = machine(100)
      const model = budget.reserve(300)
      model.loaded()
      use.bytes = 400
      t.equal(left(), 500)
      model.release()
      use.bytes = 100 + keptBytes
      t.ok(left() >= 800, `${keptBytes} kept`)
      const next = budget.reserve(300)
      next.loaded()
      use.bytes = 400
      t.equal(left(), 500, 'the next one uses it')
    }
  }
)

t.test('a load that fails leaves the books as they were', async t => {
  const { budget, use, left } = machine(100)
  const gone = budget.reserve(300)
  gone.loaded()
  gone.release()
  use.bytes = 400
  t.equal(left(), 800, 'the process kept 300, for others to use')
  budget.reserve(200).release()
  t.equal(left(), 800)
})

t.test('a model that takes less than was thought makes no room out of nothing', async t => {
  const { budget, use, left } = machine(100)
  budget.reserve(300).loaded()
  use.bytes = 120
  t.equal(left(), 600)
})

t.test('whatever loads, fails and goes: nothing stays reserved, and what fits is consistent', async t => {
  const steps = fc.array(fc.record({ bytes: fc.nat(400), ends: fc.boolean() }), { maxLength: 30 })
  fc.assert(
    fc.property(steps, list => {
      const budget = new MemoryBudget({
        memoryBytesMax: 1000,
        state: () => ({ limitBytes: 1, usedBytes: 1 })
      })
      const held = list.flatMap(({ bytes, ends }) => {
        const refused = budget.refusal({ bytes, measured: true }) !== undefined
        t.equal(refused, budget.neededToFit(bytes) > 0)
        if (refused) return []
        const reservation = budget.reserve(bytes)
        if (ends) reservation.loaded()
        return [reservation]
      })
      for (const reservation of held) reservation.release()
      return budget.neededToFit(1000) === 0
    })
  )
})
