// V2 JSON → an inference request that fits a signature. What comes out needs no further check; what is wrong is said all at once.
import { describe, listNames } from '../../base/describe.ts'
import { type Problem, problemsError, ServingError } from '../../errors/serving-error.ts'
import { inputProblems, outputProblems } from '../../schema/check.ts'
import { type Signature, takesWideIntegers } from '../../schema/signature.ts'
import { isProblem, readTensorData } from '../../tensor/json-read.ts'
import { shapeProblem } from '../../tensor/shape.ts'
import type { InferenceRequest, NamedTensor, ParameterValue } from '../../tensor/tensor.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'
import { type InferEnvelope, inferRequestSchema } from './schemas.ts'

type InputEnvelope = InferEnvelope['inputs'][number]

/**
 * Parameters of Triton's extensions that change what a request means: ignoring one would answer another question. Wishes for
 * binary outputs are not among them: an answer in JSON has the same content, and clients read both.
 */
const unsupportedParameters = [
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'binary_data_size',
  'classification',
  'shared_memory_region'
]

/** Throws INVALID_JSON, INVALID_REQUEST (the envelope), INVALID_INPUT (the tensors) or NOT_SUPPORTED. */
export function readV2Request(body: Uint8Array, signature: Signature, tensorsMax: number): InferenceRequest {
  const envelope = parseEnvelope(
    inferRequestSchema,
    parseJsonBody(body, takesWideIntegers(signature)),
    keysAt
  )
  if (envelope.inputs.length > tensorsMax) {
    const got = String(envelope.inputs.length)
    throw problemsError('INVALID_REQUEST', [
      { path: 'inputs', problem: 'too many tensors', expected: `at most ${tensorsMax}`, got }
    ])
  }
  refuseUnsupported(envelope)
  const outputs = envelope.outputs?.map(output => output.name)
  const shapeProblems = envelope.inputs.flatMap(shapeProblemsOf)
  const problems = [
    ...shapeProblems,
    ...(shapeProblems.length > 0 ? [] : inputProblems(signature, envelope.inputs)),
    ...(outputs === undefined ? [] : outputProblems(signature, outputs))
  ]
  const inputs = problems.length > 0 ? [] : readData(envelope.inputs, body.length, problems)
  if (problems.length > 0) throw problemsError('INVALID_INPUT', problems)
  const wanted = outputs === undefined || outputs.length === 0 ? {} : { outputs }
  const echo = envelope.id === undefined ? {} : { id: envelope.id }
  return { ...echo, ...wanted, inputs, parameters: envelope.parameters ?? {} }
}

/** Every element takes at least a byte of the body, so the body's length bounds what a shape can make us allocate. */
function readData(inputs: readonly InputEnvelope[], bodyBytes: number, problems: Problem[]): NamedTensor[] {
  const tensors: NamedTensor[] = []
  for (const [index, { name, datatype, shape, data }] of inputs.entries()) {
    const read = readTensorData(data, datatype, shape, bodyBytes, `inputs[${index}].data`)
    if (isProblem(read)) problems.push({ ...read, problem: `input ${describe(name)}: ${read.problem}` })
    else tensors.push({ name, datatype, shape, data: read })
  }
  return tensors
}

function shapeProblemsOf(input: InputEnvelope, index: number): Problem[] {
  const problem = shapeProblem(input.shape)
  return problem === undefined
    ? []
    : [{ path: `inputs[${index}].shape`, problem: `input ${describe(input.name)}: ${problem}` }]
}

function refuseUnsupported(envelope: InferEnvelope): void {
  const all: (Readonly<Record<string, ParameterValue>> | undefined)[] = [
    envelope.parameters,
    ...envelope.inputs.map(input => input.parameters),
    ...(envelope.outputs ?? []).map(output => output.parameters)
  ]
  const used = unsupportedParameters.filter(name =>
    all.some(
      parameters => parameters !== undefined && Object.hasOwn(parameters, name) && parameters[name] !== false
    )
  )
  if (used.length > 0)
    throw new ServingError(
      'NOT_SUPPORTED',
      `parameters that this server does not support: ${listNames(used)}`
    )
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(inferRequestSchema.shape)
  return path[0] === 'inputs' ? ['name', 'shape', 'datatype', 'parameters', 'data'] : ['name', 'parameters']
}
