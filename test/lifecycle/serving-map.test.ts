import fc from 'fast-check'
import t from 'tap'
import { Holds } from '../../src/lifecycle/handle.ts'
import { adopt, type ManagedModel, newModel } from '../../src/lifecycle/managed-model.ts'
import { ServingTable } from '../../src/lifecycle/serving-map.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { fakeVersion, manifestOf, scannedVersion } from '../helpers/fakes.ts'

const clock = new FakeClock()
const versionsMax = 10

/** A model with versions that are known, none of them loaded. */
function model(name = 'm', labels: Readonly<Record<string, number>> = {}): ManagedModel {
  const made = newModel(name, true)
  const versions = Array.from({ length: versionsMax }, (_, index) => scannedVersion(index + 1))
  adopt(made, { name, manifest: manifestOf({ labels }), problems: [], versions })
  return made
}

/** Makes a version ready, as its manager would. */
function ready(of: ManagedModel, version: number): Holds {
  const holds = new Holds(fakeVersion(of.name, version).version, clock)
  Object.assign(of.versions.get(version)!.revision, { state: 'ready', holds })
  return holds
}

function gone(of: ManagedModel, version: number): void {
  Object.assign(of.versions.get(version)!.revision, { state: 'unloaded', holds: undefined })
}

t.test('the highest version is the standard one, in whatever order they came', async t => {
  for (const order of [
    [1, 2, 10],
    [10, 1, 2]
  ]) {
    const table = new ServingTable()
    const m = model()
    const holds = new Map(order.map(version => [version, ready(m, version)]))
    table.publish(m)
    t.equal(table.served('m')?.standard, holds.get(10))
    t.strictSame([...table.served('m')!.versions.keys()], [1, 2, 10])
  }
})

t.test(
  'when the standard one leaves, the next lower takes its place; the last one takes the model along',
  async t => {
    const table = new ServingTable()
    const m = model()
    const [one] = [ready(m, 1), ready(m, 2)]
    table.publish(m)
    gone(m, 2)
    table.publish(m)
    t.equal(table.served('m')?.standard, one)
    gone(m, 1)
    table.publish(m)
    t.strictSame([table.served('m'), table.servedModels(), table.everyServed()], [undefined, [], []])
  }
)

t.test('what is about to be ready can be reached, what drains cannot', async t => {
  const table = new ServingTable()
  const m = model()
  ready(m, 1)
  const two = ready(m, 2)
  m.versions.get(2)!.revision.state = 'warming'
  table.publish(m)
  t.strictSame([...table.served('m')!.versions.keys()], [1])
  table.publish(m, m.versions.get(2)!.revision)
  t.equal(table.served('m')?.standard, two)
  m.versions.get(2)!.revision.state = 'draining'
  table.publish(m)
  t.strictSame([...table.served('m')!.versions.keys()], [1])
})

t.test('the version labelled stable is the standard one, and labels tell when they move', async t => {
  const table = new ServingTable()
  const m = model('m', { stable: 1, candidate: 2 })
  const [one, two] = [ready(m, 1), ready(m, 2)]
  t.strictSame(table.publish(m), [
    { label: 'stable', from: undefined, to: 1 },
    { label: 'candidate', from: undefined, to: 2 }
  ])
  t.strictSame([table.served('m')?.standard, table.served('m')?.labels.get('candidate')], [one, two])
  m.manifest = manifestOf({ labels: { stable: 2 } })
  t.strictSame(table.publish(m), [
    { label: 'stable', from: 1, to: 2 },
    { label: 'candidate', from: 2, to: undefined }
  ])
  t.equal(table.served('m')?.standard, two)
  t.strictSame(table.publish(m), [], 'nothing moved')
})

t.test('what was handed out is never changed, and models keep out of each other', async t => {
  const table = new ServingTable()
  const [m, n] = [model('m'), model('n')]
  const one = ready(m, 1)
  ready(n, 2)
  table.publish(m)
  table.publish(n)
  const [before, other] = [table.served('m')!, table.served('n')]
  ready(m, 2)
  table.publish(m)
  t.strictSame([[...before.versions.keys()], before.standard], [[1], one])
  t.equal(table.served('n'), other, 'an untouched model is the same object')
  const same = table.served('m')
  table.publish(m)
  t.equal(table.served('m'), same, 'and so is one that did not change')
})

t.test('after any history it holds what a plain set of versions would', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b'),
    version: fc.integer({ min: 1, max: versionsMax }),
    add: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      const plain: Record<string, Set<number>> = { a: new Set(), b: new Set() }
      const models: Record<string, ManagedModel> = { a: model('a'), b: model('b') }
      const table = new ServingTable()
      for (const { name, version, add } of steps) {
        plain[name]![add ? 'add' : 'delete'](version)
        if (add) ready(models[name]!, version)
        else gone(models[name]!, version)
        table.publish(models[name]!)
      }
      return Object.entries(plain).every(([name, versions]) => {
        const served = table.served(name)
        if (served === undefined) return versions.size === 0
        const standard = served.standard.version.version
        return served.versions.size === versions.size && standard === Math.max(...versions)
      })
    })
  )
})
