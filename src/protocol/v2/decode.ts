// A V2 body → an inference request that fits a signature. What comes out needs no further check; what is wrong is said all at once.
// A body is JSON, or JSON with the data of some inputs as bytes after it, or nothing but the data of the one input.
import { describe } from '../../base/describe.ts'
import { type Problem, problemsError } from '../../errors/serving-error.ts'
import { inputProblems, outputProblems } from '../../schema/check.ts'
import type { Contract } from '../../schema/contract.ts'
import { applyRangeRules } from '../../schema/range-rules.ts'
import { type Signature, takesWideIntegers } from '../../schema/signature.ts'
import { bytesText, readTensorBytes } from '../../tensor/binary-read.ts'
import { isProblem, readTensorData } from '../../tensor/json-read.ts'
import { shapeProblem } from '../../tensor/shape.ts'
import type { InferenceRequest, NamedTensor } from '../../tensor/tensor.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'
import {
  type OutputWishes,
  plainWishes,
  readLabel,
  readSchedule,
  readWishes,
  refuseUnsupported,
  type Schedule,
  wishProblems
} from './parameters.ts'
import { readRawInput } from './raw.ts'
import { type InferEnvelope, inferRequestSchema } from './schemas.ts'

type InputEnvelope = InferEnvelope['inputs'][number]

/** Says how many bytes of a body, or of an answer, are JSON. Absent where all are. */
export const headerLengthName = 'inference-header-content-length'

export interface V2Body {
  /** Nobody may write to it afterwards: tensors may share its memory. */
  readonly body: Uint8Array
  /** The header `headerLengthName` as it came. */
  readonly headerLength: string | undefined
}

/** A request with the form in which its answer is wanted, which is for encode.ts. */
export interface V2Request extends InferenceRequest {
  readonly wishes: OutputWishes
}

/** What a request has to fit, as far as this dialect looks at it. */
export type V2Contract = Pick<Contract, 'signature' | 'rules'>

/** The contract of the version that a label means; throws ServingError. */
export type LabelledContract = (label: string) => V2Contract

/**
 * Reads a body for the version with this contract, or for the one that the body asks for by label: which label, the caller
 * learns by `labelled`. Throws INVALID_JSON, INVALID_REQUEST (the envelope), INVALID_INPUT (the tensors) or NOT_SUPPORTED.
 */
export function readV2Body(
  from: V2Body,
  contract: V2Contract,
  tensorsMax: number,
  labelled?: LabelledContract
): V2Request {
  const { signature, rules } = contract
  const headBytes = readHeaderLength(from)
  if (headBytes === 0) {
    const wishes = { otherwise: { binary: true }, byName: new Map() }
    const inputs = [readRawInput(from.body, signature)]
    return { inputs, parameters: {}, wishes, outOfRange: checkRanges(rules, inputs) }
  }
  const head = from.body.subarray(0, headBytes)
  const tail = headBytes === undefined ? undefined : from.body.subarray(headBytes)
  const what =
    headBytes === undefined ? undefined : `the JSON in the first ${bytesText(headBytes)} of the body`
  const json = parseJsonBody(head, takesWideIntegers(signature), what)
  const envelope = parseEnvelope(inferRequestSchema, json, keysAt)
  const label = labelled && readLabel(envelope.parameters)
  // The same body means something else to another version, from the width of its integers on.
  if (label !== undefined) return readV2Body(from, labelled!(label), tensorsMax)
  if (envelope.inputs.length > tensorsMax) {
    const got = String(envelope.inputs.length)
    throw problemsError('INVALID_REQUEST', [
      { path: 'inputs', problem: 'too many tensors', expected: `at most ${tensorsMax}`, got }
    ])
  }
  const { wishes, schedule, parts } = readParameters(envelope, tail)
  const outputs = envelope.outputs?.map(output => output.name)
  checkHeads(envelope, signature, outputs, wishes)
  const inputs = readInputs(envelope.inputs, parts, head.length)
  return {
    id: envelope.id,
    outputs: outputs?.length === 0 ? undefined : outputs,
    timeoutMs: schedule.timeoutMs,
    priority: schedule.priority,
    inputs,
    parameters: envelope.parameters ?? noParameters,
    outOfRange: checkRanges(rules, inputs),
    wishes
  }
}

/** How many values are out of range and may be. Throws INVALID_INPUT for those that may not. */
function checkRanges(rules: Contract['rules'], inputs: readonly NamedTensor[]): number {
  const { problems, outOfRange } = applyRangeRules(rules, inputs, (input, _rule, index) => {
    const place = inputs.findIndex(({ name }) => name === input)
    return `inputs[${place}].data[${index}]`
  })
  if (problems.length > 0) throw problemsError('INVALID_INPUT', problems)
  return outOfRange
}

interface Parameters {
  readonly schedule: Schedule
  readonly wishes: OutputWishes
  /** The bytes of each input that comes as bytes. */
  readonly parts: readonly (Uint8Array | undefined)[]
}

const noParameters = {}
/** What most requests say besides their data. */
const nothingSaid: Parameters = { schedule: {}, wishes: plainWishes, parts: [] }

/** Everything that parameters say. Throws INVALID_REQUEST and NOT_SUPPORTED. */
function readParameters(envelope: InferEnvelope, tail: Uint8Array | undefined): Parameters {
  const { inputs, outputs, parameters } = envelope
  const plain = parameters === undefined && outputs === undefined && tail === undefined
  if (plain && inputs.every(input => input.parameters === undefined)) return nothingSaid
  refuseUnsupported(envelope)
  const problems: Problem[] = []
  const schedule = readSchedule(parameters, problems)
  const wishes = readWishes(envelope, problems)
  const parts = binaryParts(inputs, tail, problems)
  if (problems.length > 0) throw problemsError('INVALID_REQUEST', problems)
  return { schedule, wishes, parts }
}

/** How many bytes are JSON; undefined where the header is absent and all are. */
function readHeaderLength({ body, headerLength }: V2Body): number | undefined {
  if (headerLength === undefined) return undefined
  const bytes = /^\d+$/.test(headerLength) ? Number(headerLength) : Number.NaN
  if (bytes <= body.length) return bytes
  throw problemsError('INVALID_REQUEST', [
    {
      path: 'header Inference-Header-Content-Length',
      problem: Number.isNaN(bytes) ? 'not a length' : 'longer than the body',
      expected: `a whole number of bytes from 0 to ${body.length}, the length of the body`,
      got: describe(headerLength)
    }
  ])
}

/** The bytes of each input that comes as bytes, in the order of the inputs; they have to be all that follows the JSON. */
function binaryParts(
  inputs: readonly InputEnvelope[],
  tail: Uint8Array | undefined,
  problems: Problem[]
): (Uint8Array | undefined)[] {
  const problemsBefore = problems.length
  let at = 0
  const parts = inputs.map((input, index) => {
    const size = binarySize(input, `inputs[${index}]`, tail && tail.length - at)
    if (typeof size === 'object') problems.push(size)
    if (typeof size !== 'number') return undefined
    at += size
    return tail?.subarray(at - size, at)
  })
  if (tail !== undefined && at < tail.length && problems.length === problemsBefore) {
    const problem = 'bytes are left after the data of the last binary input'
    const expected = `${bytesText(at)} after the JSON`
    problems.push({ path: 'body', problem, expected, got: bytesText(tail.length) })
  }
  return parts
}

/** The length of an input's binary data, undefined where its data is JSON. `rest` bytes are left, undefined where there are none to have. */
function binarySize(
  { name, data, parameters }: InputEnvelope,
  path: string,
  rest: number | undefined
): number | Problem | undefined {
  const size = parameters?.['binary_data_size']
  const sizePath = `${path}.parameters.binary_data_size`
  const input = `input ${describe(name)}`
  if (size === undefined) {
    // Without the header the reader of JSON data has better words for what is missing.
    if (rest === undefined || data !== undefined) return undefined
    const expected = 'data, or parameters.binary_data_size and that many bytes after the JSON'
    return { path, problem: `${input} has no data`, expected, got: 'neither' }
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    const expected = 'a whole number of bytes from 0'
    return { path: sizePath, problem: `${input}: not a length`, expected, got: describe(size) }
  }
  if (data !== undefined) {
    const problem = `${input} has both data and binary_data_size`
    return { path, problem, expected: 'one of the two', got: `data and ${bytesText(size)}` }
  }
  if (rest === undefined) {
    const problem = `${input} has binary data, but the header Inference-Header-Content-Length is missing`
    return { path: sizePath, problem, expected: 'the length of the JSON in the header' }
  }
  if (size <= rest) return size
  const problem = `the body ends before the data of ${input} does`
  return { path: sizePath, problem, expected: bytesText(size), got: bytesText(rest) }
}

/** Everything but the data against the signature. Throws INVALID_INPUT. */
function checkHeads(
  { inputs }: InferEnvelope,
  signature: Signature,
  outputs: readonly string[] | undefined,
  wishes: OutputWishes
): void {
  const problems: Problem[] = []
  for (const [index, { name, shape }] of inputs.entries()) {
    const problem = shapeProblem(shape)
    if (problem !== undefined)
      problems.push({
        path: `inputs[${index}].shape`,
        kind: 'shape',
        problem: `input ${describe(name)}: ${problem}`
      })
  }
  if (problems.length === 0) problems.push(...inputProblems(signature, inputs))
  if (outputs !== undefined)
    problems.push(...outputProblems(signature, outputs), ...wishProblems(signature, outputs, wishes))
  if (problems.length > 0) throw problemsError('INVALID_INPUT', problems)
}

/** Every element in JSON takes at least a byte of it, so its length bounds what a shape can make us allocate. */
function readInputs(
  inputs: readonly InputEnvelope[],
  parts: readonly (Uint8Array | undefined)[],
  jsonBytes: number
): NamedTensor[] {
  const problems: Problem[] = []
  const tensors: NamedTensor[] = []
  for (const [index, { name, datatype, shape, data }] of inputs.entries()) {
    const path = `inputs[${index}].data`
    const part = parts[index]
    const read =
      part === undefined
        ? readTensorData(data, datatype, shape, jsonBytes, path)
        : readTensorBytes(part, datatype, shape, path)
    if (isProblem(read)) problems.push({ ...read, problem: `input ${describe(name)}: ${read.problem}` })
    else tensors.push({ name, datatype, shape, data: read })
  }
  if (problems.length > 0) throw problemsError('INVALID_INPUT', problems)
  return tensors
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(inferRequestSchema.shape)
  return path[0] === 'inputs' ? ['name', 'shape', 'datatype', 'parameters', 'data'] : ['name', 'parameters']
}
