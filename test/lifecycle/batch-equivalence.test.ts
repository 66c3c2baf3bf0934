import t, { type Test } from 'tap'
import { batchDifference, type RunOnce } from '../../src/lifecycle/batch-equivalence.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { Datatype } from '../../src/tensor/datatype.ts'
import { halfFromNumber } from '../../src/tensor/half.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { packed } from '../../src/tensor/transfer.ts'
import { signature } from '../helpers/fakes.ts'
import { inlineModel } from '../helpers/inline-model.ts'
import { doublesRows, oneRowOnly, reversesRows, subtractsMean, sumsRows } from '../helpers/mixing-models.ts'
import { identity, mixed, picky, plus, refusesZeros, sum } from '../helpers/models.ts'

async function differenceOf(t: Test, bytes: Uint8Array, supplied: readonly (readonly NamedTensor[])[] = []) {
  const model = await inlineModel(t, bytes)
  return batchDifference(model.run, model.signature, supplied)
}

t.test('honest models of any datatype pass', async t => {
  const models: [name: string, bytes: Uint8Array][] = [
    ['plus', plus(1)],
    ['sum', sum()],
    ['mixed', mixed()],
    ['picky', picky()],
    ['free sizes', identity('FP32', ['batch', 'n', 3])],
    ...(['FP32', 'FP64', 'FP16', 'INT64', 'INT8', 'UINT8', 'BOOL', 'BYTES'] as const).map(
      (datatype): [string, Uint8Array] => [datatype, identity(datatype, ['batch', 3])]
    )
  ]
  for (const [name, bytes] of models) t.equal(await differenceOf(t, bytes), undefined, name)
})

t.test('models that mix rows are found, and the reason says where', async t => {
  const models: [name: string, bytes: Uint8Array, reason: string][] = [
    ['mean', subtractsMean(), "output 'y' differs from the single run in a batch of 2 rows"],
    ...(['FP32', 'FP64', 'FP16', 'INT64', 'INT8', 'BOOL', 'BYTES'] as const).map(
      (datatype): [string, Uint8Array, string] => [
        `order of ${datatype}`,
        reversesRows(datatype),
        "output 'y' differs from the single run in a batch of 2 rows"
      ]
    ),
    ['fewer rows', sumsRows(), "output 'y' has 1 rows in a batch of 2 rows"],
    ['more rows', doublesRows(), "output 'y' has 4 rows in a batch of 2 rows"]
  ]
  for (const [name, bytes, reason] of models) t.equal(await differenceOf(t, bytes), reason, name)
  t.match(await differenceOf(t, oneRowOnly()), /^a batch of 2 rows fails where its rows do not \(.+\)$/)
})

const integers = (...values: readonly number[]): NamedTensor[] => [
  { name: 'x', datatype: 'INT64', shape: [values.length], data: BigInt64Array.from(values, BigInt) }
]

t.test('a model that cannot run made-up rows is checked with supplied ones', async t => {
  const alone = /^single rows could not be run to compare with \(.+\)$/
  t.match(await differenceOf(t, refusesZeros()), alone)
  t.match(await differenceOf(t, refusesZeros(), [integers(1)]), alone, 'one row is none to compare with')
  t.equal(await differenceOf(t, refusesZeros(), [integers(1, 2)]), undefined, 'two rows of one request')
  t.equal(await differenceOf(t, refusesZeros(), [integers(1), integers(2)]), undefined, 'or of two')
  t.match(await differenceOf(t, refusesZeros(), [integers(1, 2, 0)]), alone)
})

/** Runs that `rows` answers: from the rows of `x` to those of `y`, each of one number. */
function scripted(rows: (values: readonly number[]) => readonly number[]) {
  const batches: number[][] = []
  const run: RunOnce = async ([x]) => {
    const values = [...(x!.data as Float32Array)]
    batches.push(values)
    const data = Float32Array.from(rows(values))
    return [{ name: 'y', datatype: 'FP32', shape: [data.length, 1], data }]
  }
  return { run, batches }
}

t.test('rows differ from one another, and stand in several positions of several batches', async t => {
  const { run, batches } = scripted(values => values)
  t.equal(await batchDifference(run, signature, []), undefined)
  const singles = batches.filter(batch => batch.length === 1).flat()
  t.equal(new Set(singles).size, singles.length)
  t.ok(singles.length >= 8)
  const sizes = batches.map(batch => batch.length).filter(size => size > 1)
  t.ok(new Set(sizes).size >= 3 && sizes.includes(2))
  const positions = batches.filter(batch => batch.length > 1).map(batch => batch.indexOf(singles[0]!))
  t.ok(new Set(positions).size >= 3, 'the first row is seen in front, behind, and in between')
})

t.test('what goes wrong in one place only is found', async t => {
  const wrong: [name: string, rows: (values: readonly number[]) => readonly number[], reason: RegExp][] = [
    ['the last row', values => values.map((v, i) => (i > 0 && i === values.length - 1 ? -1 : v)), /differs/],
    ['the first row', values => values.map((v, i) => (values.length > 1 && i === 0 ? -1 : v)), /differs/],
    ['the fourth row', values => values.map((v, i) => (i === 3 ? -1 : v)), /differs .* 5 rows/],
    ['the eighth row', values => values.map((v, i) => (i === 7 ? -1 : v)), /differs .* 8 rows/],
    ['large batches', values => (values.length > 5 ? values.map(() => 0) : values), /differs .* 8 rows/],
    ['not a number', values => values.map(v => (values.length > 1 ? Number.NaN : v)), /differs/],
    [
      'a number where there is none',
      values => values.map(v => (values.length > 1 ? v : Number.NaN)),
      /differs/
    ],
    ['half a percent', values => values.map(v => (values.length > 1 ? v * 1.005 : v)), /differs/],
    [
      'a row too many',
      values => (values.length === 8 ? [...values, 1] : values),
      /has 9 rows in a batch of 8/
    ],
    ['two rows for one', values => (values.length === 1 ? [values[0]!, 1] : values), /rows/]
  ]
  for (const [name, rows, reason] of wrong)
    t.match(await batchDifference(scripted(rows).run, signature, []), reason, name)
  const fine: [name: string, rows: (values: readonly number[]) => readonly number[]][] = [
    ['the last digits', values => values.map(v => (values.length > 1 ? v * (1 + 1e-6) : v))],
    ['not a number either way', values => values.map(() => Number.NaN)],
    ['infinite', values => values.map(() => Number.POSITIVE_INFINITY)],
    ['signed zeros', values => values.map(() => (values.length > 1 ? -0 : 0))]
  ]
  for (const [name, rows] of fine)
    t.equal(await batchDifference(scripted(rows).run, signature, []), undefined, name)
})

t.test('floats may differ in their last digits, anything else in nothing', async t => {
  const tensor = (datatype: Datatype, rows: number, value: number): NamedTensor => {
    const shape = [rows]
    const fill = <T>(item: T): T[] => new Array<T>(rows).fill(item)
    const data = {
      FP16: () => Uint16Array.from(fill(halfFromNumber(value))),
      FP64: () => Float64Array.from(fill(value)),
      INT64: () => BigInt64Array.from(fill(BigInt(Math.round(value * 1e6)))),
      BYTES: () => fill(value.toFixed(7))
    }[datatype as 'FP16' | 'FP64' | 'INT64' | 'BYTES']()
    return { name: 'y', datatype, shape, data }
  }
  const verdict = (datatype: Datatype, batched: number): Promise<string | undefined> =>
    batchDifference(
      async ([x]) => [tensor(datatype, x!.shape[0]!, x!.shape[0]! > 1 ? batched : 1)],
      signature,
      []
    )
  const cases: [datatype: Datatype, batched: number, same: boolean][] = [
    ['FP16', 1.005, true],
    ['FP16', 1.05, false],
    ['FP64', 1 + 5e-7, true],
    ['FP64', 1.0001, false],
    ['INT64', 1.000001, false],
    ['BYTES', 1.0000001, false]
  ]
  for (const [datatype, batched, same] of cases)
    t.equal((await verdict(datatype, batched)) === undefined, same, `${datatype} ${batched}`)
})

t.test('supplied rows are used where there are two of one shape at least', async t => {
  const x = (...values: readonly number[]): NamedTensor[] => [
    { name: 'x', datatype: 'FP32', shape: [values.length, 1], data: Float32Array.from(values) }
  ]
  const wide: NamedTensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(7, 8) }
  const seen = async (supplied: readonly (readonly NamedTensor[])[]) => {
    const { run, batches } = scripted(values => values)
    t.equal(await batchDifference(run, signature, supplied), undefined)
    return batches.filter(batch => batch.length === 1).flat()
  }
  t.strictSame(await seen([x(10, 20), x(30)]), [10, 20, 30])
  t.strictSame(await seen([x(10, 20), [wide]]), [10, 20], 'those like the first')
  const many = x(...Array.from({ length: 20 }, (_, index) => index + 100))
  t.strictSame(await seen([many]), [100, 101, 102, 103, 104, 105, 106, 107], 'no more than eight')
  for (const few of [[x(10)], [x()], [[wide], x(10)]])
    t.ok(
      (await seen(few)).every(value => value < 1),
      'else they are made up'
    )
  const { run } = scripted(values => values.map(v => (values.length > 1 && v === 20 ? 0 : v)))
  t.match(await batchDifference(run, signature, [x(10, 20)]), /differs/)
})

t.test('supplied inputs whose rows do not agree cannot be cut into rows, and are passed over', async t => {
  const two: Signature = {
    inputs: ['a', 'b'].map(name => ({ name, datatype: 'FP32', shape: [null, 1] })),
    outputs: [{ name: 'y', datatype: 'FP32', shape: [null, 1] }]
  }
  const input = (name: string, rows: number): NamedTensor => {
    return { name, datatype: 'FP32', shape: [rows, 1], data: new Float32Array(rows) }
  }
  const run: RunOnce = async ([a]) => [{ ...a!, name: 'y' }]
  t.equal(await batchDifference(run, two, [[input('a', 2), input('b', 3)]]), undefined)
})

t.test('a run may take the memory of its inputs away', async t => {
  let taken = 0
  const taking: RunOnce = async inputs => {
    const { tensors, transfer } = packed(inputs)
    const [x] = structuredClone(tensors, { transfer: [...transfer] })
    if (inputs[0]!.data.length === 0) taken++
    return [{ ...x!, name: 'y' }]
  }
  // Small tensors have no memory of their own that a run could take.
  const wide = { datatype: 'FP32', shape: ['batch', 1000] } as const
  const large: Signature = { inputs: [{ name: 'x', ...wide }], outputs: [{ name: 'y', ...wide }] }
  t.equal(await batchDifference(taking, large, []), undefined)
  t.ok(taken > 8, 'it does so with single rows and with batches')
})
