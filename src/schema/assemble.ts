// Named values → tensors: the core that every dialect with field names, every profile and every gate shares. Pure.
import { describe, listNames } from '../base/describe.ts'
import { invariant } from '../base/invariant.ts'
import { suggestion } from '../base/nearest-name.ts'
import type { Problem } from '../errors/serving-error.ts'
import { allocate, factsOf, type TensorData } from '../tensor/datatype.ts'
import { elementProblem, elementWriter, isProblem, readTensorData } from '../tensor/json-read.ts'
import { elementsMaxOf } from '../tensor/nested-shape.ts'
import type { Shape } from '../tensor/shape.ts'
import { elementCount } from '../tensor/shape.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { Feature, FeatureRules } from './features.ts'
import type { Signature, TensorSpec } from './signature.ts'

/** Problems are collected up to this many; a body with a mistake in every row needs no longer list. */
const problemsMax = 32

export type Row = Readonly<Record<string, unknown>>

/** The place of a row in the body, or of its value of a feature. */
export type RowPlace = (row: number, feature?: string) => string

const instances: RowPlace = (row, feature) =>
  feature === undefined ? `instances[${row}]` : `instances[${row}].${feature}`

/**
 * The tensors of `signature` for `rows`, one row each along the first dimension. A missing or null value takes the feature's
 * default, else NaN or '' where the feature is nullable, else it is a problem. A category in a numeric tensor becomes the
 * index of its value. Throws nothing: what is wrong comes back as problems at the places that `place` names.
 */
export function assembleRows(
  signature: Signature,
  features: readonly Feature[],
  rows: readonly Row[],
  place: RowPlace = instances
): NamedTensor[] | { readonly problems: readonly Problem[] } {
  const problems = unknownFields(features, rows, place)
  const tensors = signature.inputs.map(input => {
    const own = features.filter(feature => feature.input === input.name)
    const [first] = own
    invariant(first !== undefined, `input ${input.name} has a feature`)
    return first.type === 'tensor'
      ? wholeTensor(input, first, rows, place, problems)
      : columns(input, own, rows, place, problems)
  })
  return problems.length > 0 ? { problems } : tensors
}

function columns(
  input: TensorSpec,
  features: readonly Feature[],
  rows: readonly Row[],
  place: RowPlace,
  problems: Problem[]
): NamedTensor {
  const width = features.length
  const shape = input.shape?.length === 1 ? [rows.length] : [rows.length, width]
  const data = allocate(input.datatype, rows.length * width)
  const write = elementWriter(input.datatype, data)
  for (const feature of features) {
    const { name, column } = feature
    const encode = encoderOf(feature, input)
    const byDefault = defaultOf(feature, input)
    const isInherited = name in Object.prototype
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!
      const given = isInherited && !Object.hasOwn(row, name) ? undefined : row[name]
      const value = given ?? byDefault
      const element = value === undefined || encode === undefined ? value : encode(value)
      if (element !== undefined && write(index * width + column, element)) continue
      if (
        value === undefined &&
        feature.rules.nullable === true &&
        write(index * width + column, missingValue(input))
      )
        continue
      if (problems.length >= problemsMax) return { name: input.name, datatype: input.datatype, shape, data }
      problems.push(misfit(feature, input, { given, value, element }, place(index, name)))
    }
  }
  return { name: input.name, datatype: input.datatype, shape, data }
}

interface Misfit {
  readonly given: unknown
  /** With the default in place of what is missing. */
  readonly value: unknown
  readonly element: unknown
}

function misfit(
  feature: Feature,
  input: TensorSpec,
  { given, value, element }: Misfit,
  path: string
): Problem {
  const expected = expectedValue(feature)
  if (value === undefined)
    return given === null
      ? { path, kind: 'type', problem: 'null is not allowed here', expected }
      : { path, kind: 'name', problem: 'the feature is missing', expected }
  if (element !== undefined) return elementProblem(value, input.datatype, path)
  const { values } = feature.rules
  const isValue = values?.some(one => typeof one === typeof value) === true
  const hint = typeof value === 'string' && values !== undefined ? suggestion(value, values.map(String)) : ''
  const problem: Problem = {
    path,
    kind: isValue ? 'range' : 'type',
    problem: 'the value does not fit the feature',
    expected,
    got: describe(value)
  }
  return hint === '' ? problem : { ...problem, hint }
}

/** NaN in floating tensors, '' in text: what exporters of tabular models take for missing. */
function missingValue(input: TensorSpec): number | string {
  return factsOf(input.datatype).kind === 'string' ? '' : Number.NaN
}

/** A category of texts may have its values, and so its default, written as numbers. */
function defaultOf({ type, rules }: Feature, input: TensorSpec): FeatureRules['default'] {
  const isText = type === 'category' && factsOf(input.datatype).kind === 'string'
  return isText && rules.default !== undefined ? String(rules.default) : rules.default
}

/** The element that stands for a value in the tensor, undefined where the feature's type rules the value out; no function where it is the value. */
function encoderOf(feature: Feature, input: TensorSpec): ((value: unknown) => unknown) | undefined {
  const { kind } = factsOf(input.datatype)
  switch (feature.type) {
    case 'category': {
      if (kind === 'string') return value => (typeof value === 'string' ? value : undefined)
      const places = new Map<unknown, number>(
        (feature.rules.values ?? []).map((value, index) => [value, index])
      )
      return value => places.get(value)
    }
    case 'boolean':
      return value => {
        if (value !== true && value !== false) return undefined
        return kind === 'bool' ? value : Number(value)
      }
    case 'integer':
      return value => {
        // Digits in quotes are for 64 bits alone; a floating tensor would take "NaN" for a whole number.
        if (typeof value === 'string' && kind !== 'bigint') return undefined
        return typeof value === 'number' && !Number.isInteger(value) ? undefined : value
      }
    case 'number':
    case 'string':
    case 'tensor':
      return undefined
  }
}

function wholeTensor(
  input: TensorSpec,
  feature: Feature,
  rows: readonly Row[],
  place: RowPlace,
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
    const given = Object.hasOwn(row, feature.name) ? row[feature.name] : undefined
    const list = rowShape.length === 0 ? [given] : given
    const data = readTensorData(
      list,
      input.datatype,
      rowShape,
      elementsMaxOf(list, rowShape.length),
      place(index, feature.name)
    )
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

function unknownFields(features: readonly Feature[], rows: readonly Row[], place: RowPlace): Problem[] {
  const known = new Set(features.map(feature => feature.name))
  const problems: Problem[] = []
  for (let index = 0; index < rows.length; index++) {
    for (const name of Object.keys(rows[index]!)) {
      if (known.has(name)) continue
      const hint = suggestion(name, known)
      const problem: Problem = {
        path: place(index),
        kind: 'name',
        problem: `the model has no feature ${describe(name)}`,
        expected: `one of ${listNames(known)}`
      }
      problems.push(hint === '' ? problem : { ...problem, hint })
      if (problems.length >= problemsMax) return problems
    }
  }
  return problems
}

function expectedValue(feature: Feature): string {
  const { values } = feature.rules
  if (values !== undefined) return `one of ${listNames(values.map(String))}`
  return feature.type === 'integer' ? 'a whole number' : `a ${feature.type}`
}
