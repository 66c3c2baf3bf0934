// Named values → tensors: the core that every dialect with field names, every profile and every gate shares. Pure.
import { describe, listNames } from '../base/describe.ts'
import { invariant } from '../base/invariant.ts'
import { suggestion } from '../base/nearest-name.ts'
import type { Problem } from '../errors/serving-error.ts'
import { allocate, factsOf, type TensorData } from '../tensor/datatype.ts'
import {
  type ElementWriter,
  elementProblem,
  elementWriter,
  isProblem,
  readTensorData
} from '../tensor/json-read.ts'
import { leafCount } from '../tensor/nested-shape.ts'
import type { Shape } from '../tensor/shape.ts'
import { elementCount } from '../tensor/shape.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { Feature } from './features.ts'
import type { Signature, TensorSpec } from './signature.ts'

/** Problems are collected up to this many; a body with a mistake in every row needs no longer list. */
const problemsMax = 32

export type Row = Readonly<Record<string, unknown>>

/**
 * The tensors of `signature` for `rows`, one row each along the first dimension. A missing or null value takes the feature's
 * default, else NaN or '' where the feature is nullable, else it is a problem. A category in a numeric tensor becomes the
 * index of its value. Throws nothing: what is wrong comes back as problems whose paths begin with `path`.
 */
export function assembleRows(
  signature: Signature,
  features: readonly Feature[],
  rows: readonly Row[],
  path = 'instances'
): NamedTensor[] | { readonly problems: readonly Problem[] } {
  const problems = unknownFields(features, rows, path)
  const tensors = signature.inputs.map(input => {
    const own = features.filter(feature => feature.input === input.name)
    const [first] = own
    invariant(first !== undefined, `input ${input.name} has a feature`)
    return first.type === 'tensor'
      ? wholeTensor(input, first, rows, path, problems)
      : columns(input, own, rows, path, problems)
  })
  return problems.length > 0 ? { problems } : tensors
}

function columns(
  input: TensorSpec,
  features: readonly Feature[],
  rows: readonly Row[],
  path: string,
  problems: Problem[]
): NamedTensor {
  const shape = input.shape?.length === 1 ? [rows.length] : [rows.length, features.length]
  const data = allocate(input.datatype, rows.length * features.length)
  const write = elementWriter(input.datatype, data)
  for (const feature of features) {
    for (const [index, row] of rows.entries()) {
      if (problems.length >= problemsMax) break
      const at = index * features.length + feature.column
      const problem = place(feature, input, row, write, at, `${path}[${index}].${feature.name}`)
      if (problem !== undefined) problems.push(problem)
    }
  }
  return { name: input.name, datatype: input.datatype, shape, data }
}

/** Puts one row's value of `feature` at element `at`. */
function place(
  feature: Feature,
  input: TensorSpec,
  row: Row,
  write: ElementWriter,
  at: number,
  path: string
): Problem | undefined {
  const given = Object.hasOwn(row, feature.name) ? row[feature.name] : undefined
  const value = given ?? feature.rules.default
  if (value === undefined) {
    if (feature.rules.nullable === true)
      return write(at, missingValue(input)) ? undefined : elementProblem(given, input.datatype, path)
    return {
      path,
      problem: given === null ? 'null is not allowed here' : 'the feature is missing',
      expected: expectedValue(feature)
    }
  }
  const element = encode(feature, input, value)
  if (element === undefined)
    return {
      path,
      problem: 'the value does not fit the feature',
      expected: expectedValue(feature),
      got: describe(value)
    }
  return write(at, element) ? undefined : elementProblem(value, input.datatype, path)
}

/** NaN in floating tensors, '' in text: what exporters of tabular models take for missing. */
function missingValue(input: TensorSpec): number | string {
  return factsOf(input.datatype).kind === 'string' ? '' : Number.NaN
}

/** The element that stands for `value` in the tensor, or undefined when the feature's type rules the value out. */
function encode(feature: Feature, input: TensorSpec, value: unknown): unknown {
  const { kind } = factsOf(input.datatype)
  switch (feature.type) {
    case 'category': {
      if (kind === 'string') return typeof value === 'string' ? value : undefined
      const index = feature.rules.values?.indexOf(value as string) ?? -1
      return index < 0 ? undefined : index
    }
    case 'boolean':
      if (value !== true && value !== false) return undefined
      return kind === 'bool' ? value : Number(value)
    case 'integer':
      // Digits in quotes are for 64 bits alone; a floating tensor would take "NaN" for a whole number.
      if (typeof value === 'string' && kind !== 'bigint') return undefined
      return typeof value === 'number' && !Number.isInteger(value) ? undefined : value
    case 'number':
    case 'string':
    case 'tensor':
      return value
  }
}

function wholeTensor(
  input: TensorSpec,
  feature: Feature,
  rows: readonly Row[],
  path: string,
  problems: Problem[]
): NamedTensor {
  const rowShape = (input.shape?.slice(1) ?? []).map((size, axis) =>
    typeof size === 'number' ? size : observedSize(rows[0]?.[feature.name], axis)
  )
  const shape: Shape = [rows.length, ...rowShape]
  const rowElements = elementCount(rowShape) ?? 0
  const values: TensorData[] = []
  for (const [index, row] of rows.entries()) {
    if (problems.length >= problemsMax) break
    const place = `${path}[${index}].${feature.name}`
    const given = Object.hasOwn(row, feature.name) ? row[feature.name] : undefined
    const list = rowShape.length === 0 ? [given] : given
    const data = readTensorData(list, input.datatype, rowShape, leafCount(list, rowShape.length), place)
    if (isProblem(data)) problems.push(data)
    else values.push(data)
  }
  const complete = values.length === rows.length
  return {
    name: input.name,
    datatype: input.datatype,
    shape,
    data: concatenate(input, values, complete ? rows.length * rowElements : 0)
  }
}

/** A free dimension takes the size that the first row has there. */
function observedSize(value: unknown, axis: number): number {
  let list = value
  for (let level = 0; level < axis; level++) list = Array.isArray(list) ? (list[0] as unknown) : undefined
  return Array.isArray(list) ? list.length : 0
}

function concatenate(input: TensorSpec, parts: readonly TensorData[], count: number): TensorData {
  const whole = allocate(input.datatype, count)
  let at = 0
  for (const part of count === 0 ? [] : parts) {
    for (let index = 0; index < part.length; index++) whole[at++] = part[index]!
  }
  return whole
}

function unknownFields(features: readonly Feature[], rows: readonly Row[], path: string): Problem[] {
  const known = new Set(features.map(feature => feature.name))
  const problems: Problem[] = []
  for (const [index, row] of rows.entries()) {
    for (const name of Object.keys(row)) {
      if (known.has(name) || problems.length >= problemsMax) continue
      const hint = suggestion(name, known)
      const problem = {
        path: `${path}[${index}]`,
        problem: `the model has no feature ${describe(name)}`,
        expected: `one of ${listNames(known)}`
      }
      problems.push(hint === '' ? problem : { ...problem, hint })
    }
  }
  return problems
}

function expectedValue(feature: Feature): string {
  const { values } = feature.rules
  if (values !== undefined) return `one of ${listNames(values.map(String))}`
  return feature.type === 'integer' ? 'a whole number' : `a ${feature.type}`
}
