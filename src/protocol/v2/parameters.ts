// What the `parameters` of a V2 request mean: how long the caller waits, how urgent it is, and the form that each output is wanted
// in. Those of extensions that change the meaning of a request and are not provided are refused; unknown ones are tolerated.
import { describe, listNames } from '../../base/describe.ts'
import { type Problem, problemsError, ServingError } from '../../errors/serving-error.ts'
import type { Signature } from '../../schema/signature.ts'
import { factsOf } from '../../tensor/datatype.ts'
import type { ParameterValue } from '../../tensor/tensor.ts'
import type { InferEnvelope } from './schemas.ts'

type Parameters = Readonly<Record<string, ParameterValue>>

/** The form of one output. */
export interface OutputWish {
  /** Bytes after the JSON instead of a list in it. */
  readonly binary: boolean
  /** Only the best so many classes of each row, as texts. */
  readonly classes?: number
}

export interface OutputWishes {
  /** For outputs that say nothing of themselves. */
  readonly otherwise: OutputWish
  readonly byName: ReadonlyMap<string, OutputWish>
}

/** Everything as JSON. */
export const plainWishes: OutputWishes = { otherwise: { binary: false }, byName: new Map() }

export function wishFor(wishes: OutputWishes, output: string): OutputWish {
  return wishes.byName.get(output) ?? wishes.otherwise
}

const unsupported = ['sequence_id', 'sequence_start', 'sequence_end', 'shared_memory_region']

/** Throws NOT_SUPPORTED when a request uses an extension whose parameters would otherwise be answered wrongly. */
export function refuseUnsupported(envelope: InferEnvelope): void {
  const all: (Parameters | undefined)[] = [
    envelope.parameters,
    ...envelope.inputs.map(input => input.parameters),
    ...(envelope.outputs ?? []).map(output => output.parameters)
  ]
  const used = unsupported.filter(name =>
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

export interface Schedule {
  readonly timeoutMs?: number
  readonly priority?: number
}

const timeoutRange = {
  min: 0n,
  max: 2n ** 64n - 1n,
  expected: 'a whole number of microseconds, 0 for no limit'
}
const priorityRange = { min: 0n, max: 9n, expected: 'a whole number from 0 (the default) to 9' }

/** `timeout` in microseconds and `priority`, as Triton's schedule policy has them. Adds what is wrong to `problems`. */
export function readSchedule(parameters: Parameters | undefined, problems: Problem[]): Schedule {
  const timeoutUs = readInteger(parameters, 'timeout', timeoutRange, problems)
  const priority = readInteger(parameters, 'priority', priorityRange, problems)
  return {
    ...(timeoutUs === undefined || timeoutUs === 0 ? {} : { timeoutMs: timeoutUs / 1000 }),
    ...(priority === undefined || priority === 0 ? {} : { priority })
  }
}

/** Digits in a string are taken too: beyond 2^53 callers in JavaScript have no other way. */
function readInteger(
  parameters: Parameters | undefined,
  name: string,
  range: typeof timeoutRange,
  problems: Problem[]
): number | undefined {
  const value = parameters?.[name]
  if (value === undefined) return undefined
  const whole = typeof value === 'string' ? /^\d{1,20}$/.test(value) : Number.isInteger(value)
  const exact = whole ? BigInt(value) : undefined
  if (exact !== undefined && exact >= range.min && exact <= range.max) return Number(exact)
  problems.push(parameterProblem('', name, range.expected, value))
  return undefined
}

function parameterProblem(path: string, name: string, expected: string, value: ParameterValue): Problem {
  const problem = `parameter ${describe(name)} is not valid`
  return { path: `${path}parameters.${name}`, problem, expected, got: describe(value) }
}

/** The label of the version that is to answer. Throws INVALID_REQUEST. */
export function readLabel(parameters: Parameters | undefined): string | undefined {
  const label = parameters?.['label']
  if (label === undefined || (typeof label === 'string' && label !== '')) return label
  throw problemsError('INVALID_REQUEST', [parameterProblem('', 'label', 'the name of a label', label)])
}

/** The form that each output is wanted in. Adds what is wrong to `problems`. */
export function readWishes(envelope: InferEnvelope, problems: Problem[]): OutputWishes {
  const otherwise = { binary: readFlag(envelope.parameters, 'binary_data_output', '', problems) ?? false }
  const byName = new Map<string, OutputWish>()
  for (const [index, { name, parameters }] of (envelope.outputs ?? []).entries()) {
    const path = `outputs[${index}].`
    const binary = readFlag(parameters, 'binary_data', path, problems) ?? otherwise.binary
    const classes = readClasses(parameters, path, problems)
    byName.set(name, classes === undefined ? { binary } : { binary, classes })
  }
  return { otherwise, byName }
}

function readFlag(
  parameters: Parameters | undefined,
  name: string,
  path: string,
  problems: Problem[]
): boolean | undefined {
  const value = parameters?.[name]
  if (value === undefined || typeof value === 'boolean') return value
  problems.push(parameterProblem(path, name, 'true or false', value))
  return undefined
}

function readClasses(
  parameters: Parameters | undefined,
  path: string,
  problems: Problem[]
): number | undefined {
  const value = parameters?.['classification']
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value
  const expected = 'how many classes to give, a whole number from 1'
  problems.push(parameterProblem(path, 'classification', expected, value))
  return undefined
}

/** Outputs whose best classes are asked for although they hold nothing that could be better or worse. */
export function wishProblems(
  signature: Signature,
  outputs: readonly string[],
  wishes: OutputWishes
): Problem[] {
  return outputs.flatMap((name, index): Problem[] => {
    const spec = signature.outputs.find(output => output.name === name)
    if (spec === undefined || wishFor(wishes, name).classes === undefined) return []
    const { kind } = factsOf(spec.datatype)
    if (kind !== 'string' && kind !== 'bool') return []
    const path = `outputs[${index}].parameters.classification`
    const problem = `output ${describe(name)} cannot be classified`
    return [{ path, problem, expected: 'an output of numbers', got: spec.datatype }]
  })
}
