// JSON data → typed arrays, checked and copied in one pass. `data` may be nested to match the shape or flat in row-major order.
// Numbers that JSON.parse would round arrive here as bigint (tensor/exact-json.ts). FP16 is taken as numbers. NaN and the
// infinities are taken as numbers or as the strings "NaN", "Infinity" and "-Infinity".
import { describe, describeShape } from '../base/describe.ts'
import type { Problem } from '../errors/serving-error.ts'
import { allocate, type Datatype, datatypes, factsOf, type TensorData } from './datatype.ts'
import { halfFromNumber } from './half.ts'
import { elementCount, type Shape } from './shape.ts'

/** Writes element `value` at `index` of the target and returns true, or returns false when the value has no place there. */
export type ElementWriter = (index: number, value: unknown) => boolean

const nonFinite: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY
}

/**
 * Reads `value` as the data of a tensor. `elementsMax` bounds what a nested shape may make us allocate (the bytes of the
 * body are a safe bound: every element takes at least one). `path` names the place of the data, for the problem.
 */
export function readTensorData(
  value: unknown,
  datatype: Datatype,
  shape: Shape,
  elementsMax: number,
  path: string
): TensorData | Problem {
  const count = elementCount(shape)
  if (!Array.isArray(value)) {
    return {
      path,
      kind: 'type',
      problem: 'data has to be a list',
      expected: count === undefined ? 'a list' : `a list of ${valuesText(count)}`,
      got: describe(value)
    }
  }
  const nested = value.length > 0 && Array.isArray(value[0]) && shape.length > 1
  if (!nested && value.length !== count) return wrongCount(value, count, shape, path)
  if (count === undefined || count > elementsMax) return wrongCount(value, count, shape, path)
  const data = allocate(datatype, count)
  const write = elementWriter(datatype, data)
  if (nested) return readNested(value, datatype, shape, write, path) ?? data
  for (let index = 0; index < count; index++) {
    if (!write(index, value[index])) return elementProblem(value[index], datatype, `${path}[${index}]`)
  }
  return data
}

export function isProblem(result: TensorData | Problem): result is Problem {
  return 'problem' in result
}

function readNested(
  value: readonly unknown[],
  datatype: Datatype,
  shape: Shape,
  write: ElementWriter,
  path: string
): Problem | undefined {
  let next = 0
  const at: number[] = []
  const place = (depth: number): string =>
    path +
    at
      .slice(0, depth)
      .map(index => `[${index}]`)
      .join('')
  const level = (list: unknown, axis: number): Problem | undefined => {
    if (!Array.isArray(list) || list.length !== shape[axis]) {
      const expected = `a list of ${shape[axis]} at nesting level ${axis + 1} of shape ${describeShape(shape)}`
      return {
        path: place(axis),
        kind: 'shape',
        problem: 'nested data does not match the shape',
        expected,
        got: describe(list)
      }
    }
    const innermost = axis === shape.length - 1
    for (let index = 0; index < list.length; index++) {
      at[axis] = index
      if (innermost) {
        if (!write(next++, list[index])) return elementProblem(list[index], datatype, place(axis + 1))
      } else {
        const problem = level(list[index], axis + 1)
        if (problem !== undefined) return problem
      }
    }
    return undefined
  }
  return level(value, 0)
}

export function elementWriter(datatype: Datatype, data: TensorData): ElementWriter {
  switch (datatypes[datatype].kind) {
    case 'bool':
      return boolWriter(data as Uint8Array)
    case 'integer':
      return integerWriter(datatype, data as Int32Array)
    case 'bigint':
      return bigintWriter(datatype, data as BigInt64Array)
    case 'float':
      return floatWriter(data as Float32Array | Float64Array)
    case 'half':
      return halfWriter(data as Uint16Array)
    case 'string':
      return stringWriter(data as string[])
  }
}

function boolWriter(data: Uint8Array): ElementWriter {
  return (index, value) => {
    if (value !== true && value !== false && value !== 0 && value !== 1) return false
    data[index] = Number(value)
    return true
  }
}

function integerWriter(datatype: Datatype, data: Int32Array): ElementWriter {
  const [low, high] = rangeOf(datatype).map(Number) as [number, number]
  return (index, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) return false
    data[index] = value
    return true
  }
}

/** Decimal strings are taken too: JavaScript callers cannot write a 64-bit number in any other way. */
function bigintWriter(datatype: Datatype, data: BigInt64Array): ElementWriter {
  const [low, high] = rangeOf(datatype)
  return (index, value) => {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (value < 0 && low === 0n)) return false
      data[index] = BigInt(value)
      return true
    }
    const exact = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : value
    if (typeof exact !== 'bigint' || exact < low || exact > high) return false
    data[index] = exact
    return true
  }
}

/** A finite number too large for FP32 is refused, not turned into Infinity. */
function floatWriter(data: Float32Array | Float64Array): ElementWriter {
  return (index, value) => {
    const number = typeof value === 'number' ? value : numberFrom(value)
    if (number === undefined) return false
    data[index] = number
    return Number.isFinite(data[index]) || !Number.isFinite(number)
  }
}

function halfWriter(data: Uint16Array): ElementWriter {
  return (index, value) => {
    const number = typeof value === 'number' ? value : numberFrom(value)
    if (number === undefined) return false
    const half = halfFromNumber(number)
    data[index] = half
    return (half & 0x7fff) !== 0x7c00 || !Number.isFinite(number)
  }
}

function numberFrom(value: unknown): number | undefined {
  if (typeof value === 'string') return Object.hasOwn(nonFinite, value) ? nonFinite[value] : undefined
  return typeof value === 'bigint' ? Number(value) : undefined
}

/** The runtime cuts a string at its first NUL and cannot carry half a surrogate pair: both are refused, never answered wrongly. */
function stringWriter(data: string[]): ElementWriter {
  return (index, value) => {
    if (typeof value !== 'string' || value.includes('\0') || !value.isWellFormed()) return false
    data[index] = value
    return true
  }
}

/** Every integer has a range. */
function rangeOf(datatype: Datatype): readonly [bigint, bigint] {
  return factsOf(datatype).range!
}

function wrongCount(
  value: readonly unknown[],
  count: number | undefined,
  shape: Shape,
  path: string
): Problem {
  return {
    path,
    kind: 'shape',
    problem: `shape ${describeShape(shape)} does not match the data`,
    expected: count === undefined ? 'a shape whose product can be counted' : valuesText(count),
    got: describe(value)
  }
}

function valuesText(count: number): string {
  return `${count} value${count === 1 ? '' : 's'}`
}

export function elementProblem(value: unknown, datatype: Datatype, path: string): Problem {
  const problem: Problem = {
    path,
    // A whole number that the datatype cannot hold lies outside of its range; anything else is no value of it.
    kind: datatype !== 'BYTES' && (typeof value === 'bigint' || Number.isInteger(value)) ? 'range' : 'type',
    problem: `not a ${datatype} value`,
    expected: expectedElement(datatype),
    got: describe(value)
  }
  const hint = elementHint(value, datatype)
  return hint === undefined ? problem : { ...problem, hint }
}

function expectedElement(datatype: Datatype): string {
  const { kind, range } = factsOf(datatype)
  switch (kind) {
    case 'bool':
      return 'true or false'
    case 'integer':
    case 'bigint':
      return `a whole number from ${range?.[0]} to ${range?.[1]}`
    case 'float':
    case 'half':
      return `a number within the range of ${datatype}`
    case 'string':
      return 'a string of Unicode text without NUL'
  }
}

function elementHint(value: unknown, datatype: Datatype): string | undefined {
  const { kind } = factsOf(datatype)
  const floating = kind === 'float' || kind === 'half'
  if (value === null && floating) return 'a missing value is sent as "NaN"'
  if (Array.isArray(value)) return 'the data is nested deeper than its shape says'
  if (typeof value === 'string' && floating && value.trim() !== '' && !Number.isNaN(Number(value)))
    return 'send it without quotes'
  if (
    typeof value === 'number' &&
    kind === 'bigint' &&
    Number.isInteger(value) &&
    !Number.isSafeInteger(value)
  ) {
    return 'beyond 2^53 send plain digits, without an exponent or a fraction'
  }
  if (typeof value === 'number' && kind === 'string') return 'BYTES elements are strings: put it in quotes'
  return undefined
}
