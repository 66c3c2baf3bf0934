// Values as the V1 dialects write them → tensors: lists nested by their shape, and bytes as base64 objects.
import { describe, listNames } from '../../base/describe.ts'
import { suggestion } from '../../base/nearest-name.ts'
import type { Problem } from '../../errors/serving-error.ts'
import { inputProblems } from '../../schema/check.ts'
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import { isProblem, readTensorData } from '../../tensor/json-read.ts'
import { leafCount, nestedShape } from '../../tensor/nested-shape.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'

export type Values = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `{"b64": "…"}`, which stands for bytes. */
export function isBytes(value: unknown): value is { readonly b64: string } {
  return isObject(value) && typeof value['b64'] === 'string' && Object.keys(value).length === 1
}

/** Each base64 object in `value` as the text that its bytes are in UTF-8. */
export function withText(value: unknown): unknown {
  if (isBytes(value)) return Buffer.from(value.b64, 'base64').toString()
  return Array.isArray(value) ? value.map(withText) : value
}

/** Whole inputs by name → tensors, or everything that is wrong with them. `path` begins the places of problems. */
export function readValues(
  signature: Signature,
  values: Values,
  path: (input: string) => string
): NamedTensor[] | { readonly problems: readonly Problem[] } {
  const problems = unknownInputs(signature, values, path)
  const tensors: NamedTensor[] = []
  for (const spec of signature.inputs) {
    if (!Object.hasOwn(values, spec.name)) {
      problems.push({ path: path(spec.name), problem: `input ${describe(spec.name)} is missing` })
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
  return placed.length > 0 ? { problems: placed } : tensors
}

function readValue(spec: TensorSpec, given: unknown, path: string): NamedTensor | Problem {
  const value = spec.datatype === 'BYTES' ? withText(given) : given
  const shape = nestedShape(value)
  const list = shape.length === 0 ? [value] : value
  const data = readTensorData(list, spec.datatype, shape, leafCount(list, Math.max(1, shape.length)), path)
  if (isProblem(data)) return data
  return { name: spec.name, datatype: spec.datatype, shape, data }
}

function unknownInputs(signature: Signature, values: Values, path: (input: string) => string): Problem[] {
  const names = signature.inputs.map(({ name }) => name)
  return Object.keys(values)
    .filter(name => !names.includes(name))
    .map(name => {
      const hint = suggestion(name, names)
      const problem = {
        path: path(name),
        problem: `the model has no input ${describe(name)}`,
        expected: `one of ${listNames(names)}`
      }
      return hint === '' ? problem : { ...problem, hint }
    })
}
