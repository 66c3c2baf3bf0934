import t from 'tap'
import {
  type CaptureLimits,
  capture,
  type Entry,
  hashedCharsMax,
  type TensorEntry,
  textCharsMax
} from '../../../src/monitoring/prediction-log/capture.ts'
import type { Rule, TensorPlan } from '../../../src/monitoring/prediction-log/plan.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'

const limits: CaptureLimits = { rowsPerRequestMax: 100, elementsPerTensorMax: 1000, recordBytesMax: 65_536 }

function whole(name: string, rule: Rule = 'keep'): TensorPlan {
  return { name, columns: undefined, rule }
}

function byColumns(name: string, rules: Readonly<Record<string, Rule>>): TensorPlan {
  const columns = Object.entries(rules).map(([name, rule]) => ({ name, rule, feature: undefined }))
  return { name, columns, rule: 'keep' }
}

const plans = (...all: readonly TensorPlan[]) => new Map(all.map(plan => [plan.name, plan]))

function fp32(name: string, ...shape: readonly number[]): NamedTensor {
  const count = shape.reduce((product, size) => product * size, 1)
  return { name, datatype: 'FP32', shape, data: Float32Array.from({ length: count }, (_, index) => index) }
}

function texts(name: string, ...data: readonly string[]): NamedTensor {
  return { name, datatype: 'BYTES', shape: [data.length, 1], data: [...data] }
}

/** Each name with what is said under it. */
const formsOf = (entries: readonly Entry[]) =>
  entries.flatMap(entry =>
    entry.form === 'columns'
      ? entry.columns.map(({ name, rule }) => [name, rule === 'redact' ? 'redacted' : 'column'])
      : [[entry.name, entry.form]]
  )

t.test('what is captured outlives its source', async t => {
  const tensors = [fp32('x', 2, 2), fp32('y', 2, 3)]
  const bytes: NamedTensor = { name: 'b', datatype: 'UINT8', shape: [2, 2], data: Buffer.from('abcd') }
  const both = byColumns('x', { age: 'keep', height: 'keep' })
  const { entries } = capture([...tensors, bytes], plans(both, whole('y'), whole('b')), 2, limits)
  for (const { data } of [...tensors, bytes]) (data as Float32Array).fill(9)
  t.match(entries, [
    { form: 'columns', columns: both.columns, data: Float32Array.of(0, 1, 2, 3) },
    { form: 'tensor', name: 'y', shape: [2, 3], rowElements: 3, data: Float32Array.of(0, 1, 2, 3, 4, 5) },
    { form: 'tensor', name: 'b' }
  ])
  t.equal(String((entries[2] as TensorEntry).data), 'abcd')
})

t.test('what is redacted is not copied, not even beside what is kept', async t => {
  const columns = byColumns('x', { name: 'redact', city: 'keep' })
  const tensor: NamedTensor = { name: 'x', datatype: 'BYTES', shape: [1, 2], data: ['Ada', 'Paris'] }
  const { entries } = capture([tensor, fp32('y', 1, 4)], plans(columns, whole('y', 'redact')), 1, limits)
  t.strictSame(formsOf(entries), [
    ['name', 'redacted'],
    ['city', 'column'],
    ['y', 'redacted']
  ])
  t.notMatch(JSON.stringify(entries), /Ada/)
  t.match(JSON.stringify(entries), /Paris/)
  const all = capture([tensor], plans(byColumns('x', { name: 'redact', city: 'redact' })), 1, limits)
  t.strictSame(formsOf(all.entries), [
    ['name', 'redacted'],
    ['city', 'redacted']
  ])
})

t.test('one value a row is a column; columns that do not fit the tensor make it whole', async t => {
  const cases: [tensor: NamedTensor, plan: TensorPlan, forms: string[][]][] = [
    [fp32('y', 3), whole('y'), [['y', 'column']]],
    [fp32('y', 3, 1), whole('y'), [['y', 'column']]],
    [fp32('y', 3, 1, 1), whole('y'), [['y', 'tensor']]],
    [fp32('y', 3, 2), whole('y'), [['y', 'tensor']]],
    [fp32('y'), whole('y'), [['y', 'tensor']]],
    [fp32('y', 4), whole('y'), [['y', 'tensor']]],
    [fp32('x', 3, 2), byColumns('x', { a: 'keep' }), [['x', 'tensor']]],
    [fp32('x', 3, 2), { ...byColumns('x', { a: 'hash' }), rule: 'redact' }, [['x', 'redacted']]],
    [fp32('unknown', 3, 1), whole('y'), []]
  ]
  for (const [tensor, plan, forms] of cases)
    t.strictSame(
      formsOf(capture([tensor], plans(plan), 3, limits).entries),
      forms,
      JSON.stringify(tensor.shape)
    )
})

t.test('rows are kept as far as every limit lets them', async t => {
  const cases: [tensors: NamedTensor[], rows: number, over: Partial<CaptureLimits>, kept: number][] = [
    [[fp32('x', 7, 2)], 7, {}, 7],
    [[fp32('x', 7, 2)], 7, { rowsPerRequestMax: 3 }, 3],
    [[fp32('x', 7, 2)], 7, { elementsPerTensorMax: 9 }, 4],
    [[fp32('x', 7, 2), fp32('y', 7, 4)], 7, { elementsPerTensorMax: 9 }, 2],
    [[fp32('x', 7, 2)], 7, { recordBytesMax: 20 }, 2],
    [[fp32('x', 7, 2), fp32('y', 7, 1)], 7, { recordBytesMax: 24 }, 2],
    // What is merely described takes no rows from the others.
    [[fp32('x', 7, 2), fp32('y', 7, 64)], 7, { elementsPerTensorMax: 20 }, 7],
    [[fp32('x', 0, 2)], 0, {}, 0]
  ]
  for (const [tensors, rows, over, kept] of cases) {
    const found = capture(tensors, plans(whole('x'), whole('y')), rows, { ...limits, ...over })
    t.equal(found.rowsKept, kept, JSON.stringify(over))
    const [first] = found.entries
    if (first?.form === 'tensor' && rows > 0) t.equal(first.data.length, kept * 2)
  }
  const redacted = plans(whole('x'), whole('y', 'redact'))
  t.equal(capture([fp32('x', 7, 2), fp32('y', 7, 900)], redacted, 7, limits).rowsKept, 7)
  const secret = plans(byColumns('x', { a: 'redact', b: 'redact' }))
  const none = capture([fp32('x', 7, 2)], secret, 7, { ...limits, elementsPerTensorMax: 2 })
  t.equal(none.rowsKept, 7, 'what is redacted takes no rows from the others')
  t.match(none.entries, [{ form: 'columns', data: [] }])
})

t.test('what is too large in a single row is described', async t => {
  const { entries, bytes } = capture(
    [fp32('x', 1, 3, 20, 20), fp32('y')],
    plans(whole('x'), whole('y')),
    1,
    limits
  )
  t.strictSame(entries[0], { form: 'described', name: 'x', datatype: 'FP32', shape: [1, 3, 20, 20] })
  t.ok(bytes < 1024)
  const loose = capture([fp32('x', 2, 600)], plans(whole('x')), 1, limits)
  t.strictSame(formsOf(loose.entries), [['x', 'described']], 'whatever its first dimension counts')
})

t.test('texts are cut, and their length is told', async t => {
  const long = 'ä😀'.repeat(400_000)
  const cut = (rule: Rule, ...data: string[]) => {
    const [entry] = capture(
      [texts('x', ...data)],
      plans(byColumns('x', { x: rule })),
      data.length,
      limits
    ).entries
    return entry?.form === 'columns' ? (entry.data as string[]) : []
  }
  const [short, kept] = cut('keep', 'x'.repeat(textCharsMax), long)
  t.equal(short, 'x'.repeat(textCharsMax))
  t.ok(kept!.startsWith('ä😀ä'))
  t.ok(kept!.endsWith('… [1200000 characters]'))
  t.ok(kept!.length < textCharsMax + 32)
  const [hashed, another] = cut('hash', long, `${long}!`)
  t.ok(hashed!.length < hashedCharsMax + 32)
  t.not(hashed, another)
  t.equal(cut('hash', 'x'.repeat(hashedCharsMax))[0]!.length, hashedCharsMax)
})

t.test('the memory of the copies is told', async t => {
  const of = (tensor: NamedTensor) => capture([tensor], plans(whole('x')), tensor.shape[0]!, limits).bytes
  t.equal(of(fp32('x', 2, 50)) - of(fp32('x', 1, 50)), 200)
  t.equal(of(texts('x', 'abcdef', '')) - of(texts('x', 'a', '')), 10)
})
