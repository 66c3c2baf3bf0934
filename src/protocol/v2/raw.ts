// A raw binary request: the whole body is the data of the model's one input, whose shape follows from the length.
import { describe } from '../../base/describe.ts'
import { type Problem, problemsError } from '../../errors/serving-error.ts'
import { describeSpec, type Signature, type TensorSpec } from '../../schema/signature.ts'
import { bytesText, readTensorBytes, readText } from '../../tensor/binary-read.ts'
import { factsOf } from '../../tensor/datatype.ts'
import { isProblem } from '../../tensor/json-read.ts'
import { type Dimension, elementCount } from '../../tensor/shape.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'

/** Throws INVALID_REQUEST where the model cannot be asked so, INVALID_INPUT where the length does not fit. */
export function readRawInput(body: Uint8Array, signature: Signature): NamedTensor {
  const [spec] = signature.inputs
  if (spec === undefined || signature.inputs.length > 1) {
    throw refusal('a model with exactly one input', `${signature.inputs.length} inputs`)
  }
  const { shape: pattern } = spec
  const free = pattern?.filter(dimension => typeof dimension !== 'number').length
  if (pattern === undefined || free === undefined || free > 1) {
    throw refusal('an input with at most one free dimension', describeSpec(spec))
  }
  return spec.datatype === 'BYTES' ? rawText(body, spec, pattern) : rawNumbers(body, spec, pattern)
}

/** The whole body is one element, without a length of its own before it. */
function rawText(body: Uint8Array, spec: TensorSpec, pattern: readonly Dimension[]): NamedTensor {
  const { name, datatype } = spec
  const shape = pattern.map(dimension => (typeof dimension === 'number' ? dimension : 1))
  if (elementCount(shape) !== 1) throw refusal('an input of one element, as of shape [1]', describeSpec(spec))
  const text = readText(body, 'body')
  if (typeof text !== 'string') throw inputError(name, text)
  return { name, datatype, shape, data: [text] }
}

function rawNumbers(body: Uint8Array, spec: TensorSpec, pattern: readonly Dimension[]): NamedTensor {
  const { name, datatype } = spec
  const fixed = pattern.filter(dimension => typeof dimension === 'number')
  const stepBytes = (elementCount(fixed) ?? Number.POSITIVE_INFINITY) * factsOf(datatype).bytes
  if (fixed.length < pattern.length && body.length % stepBytes !== 0 && stepBytes > 0) {
    const expected = `a multiple of ${bytesText(stepBytes)} for ${describeSpec(spec)}`
    const problem = 'binary data of the wrong length'
    throw inputError(name, { path: 'body', kind: 'shape', problem, expected, got: bytesText(body.length) })
  }
  const size = stepBytes === 0 ? 0 : body.length / stepBytes
  const shape = pattern.map(dimension => (typeof dimension === 'number' ? dimension : size))
  const data = readTensorBytes(body, datatype, shape, 'body')
  if (isProblem(data)) throw inputError(name, data)
  return { name, datatype, shape, data }
}

function refusal(expected: string, got: string) {
  const problem = 'this model cannot be sent a raw binary request (header Inference-Header-Content-Length: 0)'
  return problemsError('INVALID_REQUEST', [{ path: 'body', problem, expected, got }])
}

function inputError(name: string, problem: Problem) {
  return problemsError('INVALID_INPUT', [
    { ...problem, problem: `input ${describe(name)}: ${problem.problem}` }
  ])
}
