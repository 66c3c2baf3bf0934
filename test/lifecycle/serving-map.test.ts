import fc from 'fast-check'
import t from 'tap'
import { Holds } from '../../src/lifecycle/handle.ts'
import { type ServingMap, withoutVersion, withVersion } from '../../src/lifecycle/serving-map.ts'
import { fakeVersion } from '../helpers/fakes.ts'

const empty: ServingMap = new Map()
const holdsOf = (version: number): Holds => new Holds(fakeVersion('m', version).version)
const one = holdsOf(1)
const two = holdsOf(2)
const ten = holdsOf(10)

t.test('the highest version is the standard one, in whatever order they came', async t => {
  const up = withVersion(withVersion(withVersion(empty, 'm', 1, one), 'm', 2, two), 'm', 10, ten)
  const down = withVersion(withVersion(withVersion(empty, 'm', 10, ten), 'm', 1, one), 'm', 2, two)
  for (const map of [up, down]) {
    t.equal(map.get('m')?.standard, ten)
    t.strictSame([...map.get('m')!.versions.keys()].sort(), [1, 10, 2])
    t.equal(map.get('m')?.versions.get(2), two)
  }
})

t.test(
  'when the standard one leaves, the next lower takes its place; the last one takes the model along',
  async t => {
    const both = withVersion(withVersion(empty, 'm', 1, one), 'm', 2, two)
    t.equal(withoutVersion(both, 'm', 2).get('m')?.standard, one)
    t.equal(withoutVersion(both, 'm', 1).get('m')?.standard, two)
    const none = withoutVersion(withoutVersion(both, 'm', 1), 'm', 2)
    t.equal(none.has('m'), false)
  }
)

t.test('maps are never changed, only replaced, and models keep out of each other', async t => {
  const first = withVersion(empty, 'm', 1, one)
  const second = withVersion(first, 'n', 2, two)
  const third = withVersion(second, 'm', 2, two)
  withoutVersion(third, 'n', 2)
  t.equal(empty.size, 0)
  t.strictSame([...first.keys()], ['m'])
  t.equal(first.get('m')?.standard, one)
  t.strictSame([...second.get('m')!.versions.keys()], [1])
  t.equal(second.get('n'), third.get('n'), 'an untouched model is the same object')
  t.strictSame([...third.keys()], ['m', 'n'])
})

t.test('what is not there can be taken out and stays out', async t => {
  const map = withVersion(empty, 'm', 1, one)
  t.equal(withoutVersion(map, 'm', 7).get('m')?.standard, one)
  t.equal(withoutVersion(map, 'n', 1).has('n'), false)
})

t.test('a version that comes a second time replaces the first', async t => {
  const again = holdsOf(2)
  const map = withVersion(withVersion(empty, 'm', 2, two), 'm', 2, again)
  t.equal(map.get('m')?.standard, again)
  t.equal(map.get('m')?.versions.size, 1)
})

t.test('after any history the map holds what a plain set of versions would', async () => {
  const step = fc.record({
    model: fc.constantFrom('a', 'b'),
    version: fc.integer({ min: 1, max: 5 }),
    add: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      const plain: Record<string, Set<number>> = { a: new Set(), b: new Set() }
      let map = empty
      for (const { model, version, add } of steps) {
        plain[model]![add ? 'add' : 'delete'](version)
        map = add ? withVersion(map, model, version, holdsOf(version)) : withoutVersion(map, model, version)
      }
      return Object.entries(plain).every(([model, versions]) => {
        const served = map.get(model)
        if (served === undefined) return versions.size === 0
        const standard = served.standard.version.version
        return served.versions.size === versions.size && standard === Math.max(...versions)
      })
    })
  )
})
