// What a case expects against what came: element by element, within its tolerances. Pure.
import { describe, describeShape } from '../base/describe.ts'
import type { ExpectedOutput } from '../repository/gate-file.ts'
import { factsOf } from '../tensor/datatype.ts'
import { numberFromHalf } from '../tensor/half.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { GateFailure } from './gate-verdict.ts'

/** Every difference between an output and what was expected of it; rows count along the first dimension. */
export function compareOutput(expected: ExpectedOutput, got: NamedTensor | undefined): GateFailure[] {
  const output = expected.name
  if (got === undefined) return [{ row: undefined, output, problem: 'the model has no such output' }]
  const wanted = flat(expected.data)
  const shape = expected.shape
  if (shape !== undefined && describeShape(shape) !== describeShape(got.shape)) {
    const facts = { expected: describeShape(shape), got: describeShape(got.shape) }
    return [{ row: undefined, output, problem: 'the shape differs', ...facts }]
  }
  if (wanted.length !== got.data.length) {
    const facts = { expected: wanted.length, got: got.data.length }
    return [{ row: undefined, output, problem: 'the number of elements differs', ...facts }]
  }
  const perRow = got.shape.length === 0 ? 1 : got.data.length / (got.shape[0] ?? 1)
  const { kind } = factsOf(got.datatype)
  return wanted.flatMap((value, index): GateFailure[] => {
    const element = elementAt(got, index)
    const same =
      kind === 'float' || kind === 'half'
        ? isClose(Number(element), toNumber(value), expected)
        : isSame(element, value)
    if (same) return []
    return [
      { row: Math.floor(index / perRow), output, problem: 'the value differs', ...shown(value, element) }
    ]
  })
}

function flat(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) return [data]
  return data.some(Array.isArray) ? data.flatMap(flat) : data
}

/** The element as a plain value: numbers, digits of wide integers, text, true or false. */
export function elementAt({ datatype, data }: NamedTensor, index: number): number | string | boolean {
  const value = data[index]!
  switch (factsOf(datatype).kind) {
    case 'half':
      return numberFromHalf(value as number)
    case 'bool':
      return value === 1
    case 'bigint':
      return value.toString()
    case 'integer':
    case 'float':
    case 'string':
      return value as number | string
  }
}

function toNumber(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN
}

/** NaN is close to NaN, and an infinity to itself. |got − wanted| ≤ absolute + relative·|wanted|, as numpy's isclose. */
function isClose(got: number, wanted: number, { absolute, relative }: ExpectedOutput): boolean {
  if (Object.is(got, wanted) || (Number.isNaN(got) && Number.isNaN(wanted))) return true
  if (!Number.isFinite(got) || !Number.isFinite(wanted)) return false
  return Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted)
}

function isSame(element: number | string | boolean, wanted: unknown): boolean {
  return element === wanted || String(element) === String(wanted) || Number(element) === wanted
}

function shown(wanted: unknown, got: unknown) {
  const short = (value: unknown): unknown => (typeof value === 'number' ? value : describe(value))
  return { expected: short(wanted), got: short(got) }
}
