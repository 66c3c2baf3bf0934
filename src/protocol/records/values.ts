// Values as the dialects of rows and columns write them → tensors: lists nested by their shape, and bytes as base64 objects.
import { isUtf8 } from 'node:buffer'
import { describe, listNames } from '../../base/describe.ts'
import { suggestion } from '../../base/nearest-name.ts'
import type { Problem } from '../../errors/serving-error.ts'
import { inputProblems } from '../../schema/check.ts'
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import { isProblem, readTensorData } from '../../tensor/json-read.ts'
import { elementsMaxOf, nestedPlace, nestedShape } from '../../tensor/nested-shape.ts'
import { rankMax } from '../../tensor/shape.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'

/** Problems are collected up to this many. */
export const problemsMax = 32

export type Values = Readonly<Record<string, unknown>>

/** Tensors, and the place in the body of an element of each; or everything that is wrong. */
export type Read = Placed | { readonly problems: readonly Problem[] }

export interface Placed {
  readonly tensors: readonly NamedTensor[]
  /** `feature` is whose value it is. */
  readonly placeOf: (input: string, feature: string, element: number) => string
}

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `{"b64": "…"}`, which stands for bytes. */
export function isBytes(value: unknown): value is { readonly b64: unknown } {
  return isObject(value) && Object.hasOwn(value, 'b64') && Object.keys(value).length === 1
}

/** One loop over single characters: groups of four would run out of stack on a few million of them. */
const base64 = /^([A-Za-z0-9+/_-]*)(={0,2})$/

/** As `base64Pattern` in schema/json-schema.ts says it. */
function isBase64(text: string): boolean {
  const [, digits, padding] = base64.exec(text) ?? []
  if (digits === undefined) return false
  const rest = digits.length % 4
  return rest === 0 ? padding === '' : rest !== 1
}

/**
 * Each base64 object in `value` as the text that its bytes are in UTF-8. What stands for no text stays, so that reading it says what is wrong;
 * so does what is nested deeper than any tensor.
 */
export function withText(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return depth > rankMax ? value : value.map(entry => withText(entry, depth + 1))
  if (!isBytes(value) || typeof value.b64 !== 'string' || !isBase64(value.b64)) return value
  const bytes = Buffer.from(value.b64, 'base64')
  return isUtf8(bytes) ? bytes.toString() : value
}

/** Whole inputs by name. `path` begins the places of problems. */
export function readValues(signature: Signature, values: Values, path: (input: string) => string): Read {
  const problems = unknownInputs(signature, values, path)
  const tensors: NamedTensor[] = []
  for (const spec of signature.inputs) {
    if (!Object.hasOwn(values, spec.name)) {
      problems.push({
        path: path(spec.name),
        kind: 'name',
        problem: `input ${describe(spec.name)} is missing`
      })
      continue
    }
    const tensor = readValue(spec, values[spec.name], path(spec.name))
    if ('problem' in tensor) problems.push(tensor)
    else tensors.push(tensor)
  }
  if (problems.length > 0) return { problems }
  const misfits = inputProblems(signature, tensors)
  // Places are those of the values that were sent, not of tensors that nobody wrote down.
  const placed = misfits.map(problem => {
    const index = Number(/^inputs\[(\d+)\]/.exec(problem.path)?.[1] ?? Number.NaN)
    const tensor = tensors[index]
    return tensor === undefined ? problem : { ...problem, path: path(tensor.name) }
  })
  if (placed.length > 0) return { problems: placed }
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]))
  return {
    tensors,
    placeOf: (input, _feature, element) => path(input) + nestedPlace(shapes.get(input) ?? [], element)
  }
}

function readValue(spec: TensorSpec, given: unknown, path: string): NamedTensor | Problem {
  const value = spec.datatype === 'BYTES' ? withText(given) : given
  const shape = nestedShape(value)
  const list = shape.length === 0 ? [value] : value
  const data = readTensorData(
    list,
    spec.datatype,
    shape,
    elementsMaxOf(list, Math.max(1, shape.length)),
    path
  )
  if (isProblem(data)) return shape.length === 0 ? { ...data, path } : data
  return { name: spec.name, datatype: spec.datatype, shape, data }
}

function unknownInputs(signature: Signature, values: Values, path: (input: string) => string): Problem[] {
  const names = signature.inputs.map(({ name }) => name)
  const known = new Set(names)
  return Object.keys(values)
    .filter(name => !known.has(name))
    .slice(0, problemsMax)
    .map(name => {
      const hint = suggestion(name, names)
      const problem: Problem = {
        path: path(name),
        kind: 'name',
        problem: `the model has no input ${describe(name)}`,
        expected: `one of ${listNames(names)}`
      }
      return hint === '' ? problem : { ...problem, hint }
    })
}

/** The first name that stands in the list a second time. */
export function repeatedName(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return undefined
}
