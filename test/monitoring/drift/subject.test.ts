import { createHash } from 'node:crypto'
import t from 'tap'
import { Learning } from '../../../src/monitoring/drift/learning.ts'
import { modelDigest, Subject } from '../../../src/monitoring/drift/subject.ts'
import { normalProfile, numbers, numericPlans, watch } from '../../helpers/drift-world.ts'
import { column, fakeVersion } from '../../helpers/fakes.ts'

function subject(monitorsMax = 512): Subject {
  const { version } = fakeVersion('m', 1, {
    features: [{ name: 'x', input: 'x', column: 0, type: 'number', rules: {} }]
  })
  return new Subject(version, monitorsMax)
}

t.test('a new subject has its plan, and nothing was found out yet', async t => {
  const each = subject()
  t.strictSame(
    each.plans.map(({ name }) => name),
    ['x', 'output:y']
  )
  t.equal(each.leftOut, 0)
  t.strictSame(each.violations, { type: 0, shape: 0, name: 0, range: 0 })
  t.strictSame(each.phase, { type: 'none', reason: 'the baseline is being read', wanted: false })
  t.equal(each.print, '')
  const cut = subject(1)
  t.strictSame([cut.plans.length, cut.leftOut], [1, 1])
})

t.test('without a baseline rows go nowhere', async t => {
  const each = subject()
  each.countInputs([column('x', 1, 2)], 2)
  each.countOutputs([column('y', 1, 2)], 2)
  t.equal(each.phase.type, 'none')
})

t.test('while it learns rows are offered to the sample', async t => {
  const each = subject()
  const options = { rows: 10, durationMinMs: 0, random: () => 0, startedMs: 0 }
  const learning = new Learning(each.plans, 1, options)
  each.phase = { type: 'learning', learning }
  each.countInputs([column('x', 1, 2, 3)], 3)
  t.strictSame([learning.rowsSeen, learning.rows], [3, 0])
  each.countOutputs([column('y', 4, 5)], 2)
  t.equal(learning.rows, 2)
  t.strictSame([...learning.sample().columns.get(0)!], [1, 2, 3])
  t.strictSame([...learning.sample().columns.get(1)!], [4, 5])
})

t.test('while it is watched rows are counted', async t => {
  const each = subject()
  const plans = numericPlans(2)
  const watched = watch(plans, normalProfile(plans, 1000))
  each.phase = { type: 'watched', watched }
  each.countInputs(
    numbers(3, 2, () => 0.5),
    3
  )
  each.countOutputs([], 3)
  t.strictSame([watched.counter.rowsSeen, watched.counter.rowsCounted], [3, 3])
})

t.test('changes are tallied by the state that was entered', async t => {
  const each = subject()
  for (const to of ['warning', 'ok', 'warning', '__proto__']) each.changed(to)
  t.strictSame(
    [...each.changes],
    [
      ['warning', 2],
      ['ok', 1],
      ['__proto__', 1]
    ]
  )
})

t.test('a model of one file has its digest, one of several that of them all, in any order', async t => {
  const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)]
  t.equal(modelDigest({ digests: { 'model.onnx': a } }), a)
  const both = modelDigest({ digests: { 'model.onnx': a, 'weights.bin': b } })
  const list = `${a}  model.onnx\n${b}  weights.bin\n`
  t.equal(both, createHash('sha256').update(list).digest('hex'))
  t.equal(modelDigest({ digests: { 'weights.bin': b, 'model.onnx': a } }), both)
  t.not(
    modelDigest({ digests: { 'model.onnx': b, 'weights.bin': a } }),
    both,
    'whose digest is whose matters'
  )
  t.match(modelDigest({ digests: {} }), /^[0-9a-f]{64}$/)
})
