// The only door to onnxruntime-node. Creating a session and running it block their thread, whatever the package's signatures say.
import '../base/no-telemetry.ts'
import { createRequire } from 'node:module'
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node'
import { invariant } from '../base/invariant.ts'
import {
  type Datatype,
  datatypeFromOnnx,
  datatypeFromRuntime,
  factsOf,
  type TensorData
} from '../tensor/datatype.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { ModelSession, RunResult, SessionOptions } from './backend.ts'

/** Errors come to us as exceptions; the runtime's own lines on stderr would only repeat them. */
const runOptions = { logSeverityLevel: 4 } as const

type Feeds = Record<string, OnnxTensor>

/** The session of the package's binding: its public class wraps each run in a promise and a turn of the event loop. */
interface NativeSession {
  readonly inputMetadata: readonly NativeValue[]
  readonly outputMetadata: readonly NativeValue[]
  loadModel(path: string, options: InferenceSession.SessionOptions): void
  run(feeds: Feeds, fetches: Record<string, null>, options: typeof runOptions): Feeds
  dispose(): void
}

/** An input or output as a session tells of it. */
type Value<T> = { readonly isTensor: false } | { readonly isTensor: true; readonly type: T }

/** Types are those of `TensorProto.DataType`. */
type NativeValue = Value<number>

interface NativeBinding {
  readonly binding: { readonly InferenceSession: new () => NativeSession }
  readonly initOrt: () => void
}

/** The binding where it has the shape that we know, else undefined: it is no public interface. */
function nativeBinding(): NativeBinding | undefined {
  try {
    const found = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as Partial<NativeBinding>
    const session = found.binding?.InferenceSession.prototype as Partial<NativeSession> | undefined
    const known = [found.initOrt, session?.loadModel, session?.run, session?.dispose]
    return known.every(member => typeof member === 'function') ? (found as NativeBinding) : undefined
  } catch {
    return undefined
  }
}

const native = nativeBinding()
// Now, so that the first session of a process does not seem to take long.
native?.initOrt()

/**
 * Opens a session on the CPU. Throws the runtime's error when the model cannot be loaded. `publicOnly` leaves the binding alone.
 */
export async function openOnnxSession(options: SessionOptions, publicOnly = false): Promise<ModelSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: options.graphOptimization,
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    ...runOptions,
    // Several models share the cores, so a thread that waits gives its core away.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } }
  }
  if (native === undefined || publicOnly)
    return publicSession(await InferenceSession.create(options.path, settings))
  const session = new native.binding.InferenceSession()
  session.loadModel(options.path, settings)
  checkTypes([...session.inputMetadata, ...session.outputMetadata], datatypeFromOnnx)
  // Most requests want the same list of outputs: all.
  let fetched: readonly string[] | undefined
  let fetches: Record<string, null> = {}
  return {
    run(inputs, outputs) {
      if (outputs !== fetched) fetches = Object.fromEntries(outputs.map(name => [name, null]))
      fetched = outputs
      const feeds = feedsOf(inputs)
      const startedMs = performance.now()
      const results = session.run(feeds, fetches, runOptions)
      return resultOf(results, outputs, performance.now() - startedMs)
    },
    release: () => Promise.resolve(session.dispose())
  }
}

/** `y = x`, as small as a model can be. */
const smallest = Buffer.from(
  'CAgSABoAIgAoADIAOj0KEgoBeBIBeSIISWRlbnRpdHk6ABIFZ3JhcGhaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgQKABAR',
  'base64'
)

/**
 * Creates a session and releases it again. With its first one the runtime takes some 12 MiB for itself, which it keeps: whoever
 * measures what a model takes gets them out of the way.
 */
export async function openFirstSession(): Promise<void> {
  const session = await InferenceSession.create(smallest, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1
  })
  await session.release()
}

/** Before anything runs: on a tensor of another type the binding may end the process. */
function checkTypes<T>(values: readonly Value<T>[], datatypeOf: (type: T) => Datatype | undefined): void {
  for (const value of values)
    if (value.isTensor && datatypeOf(value.type) === undefined)
      throw new Error(`Unsupported data type: ${String(value.type)}`)
}

function publicSession(session: InferenceSession): ModelSession {
  checkTypes([...session.inputMetadata, ...session.outputMetadata], datatypeFromRuntime)
  return {
    async run(inputs, outputs) {
      const feeds = feedsOf(inputs)
      const startedMs = performance.now()
      const results = await session.run(feeds, [...outputs], runOptions)
      return resultOf(results, outputs, performance.now() - startedMs)
    },
    release: () => session.release()
  }
}

function feedsOf(inputs: readonly NamedTensor[]): Feeds {
  const feeds: Feeds = {}
  for (const { name, datatype, data, shape } of inputs) {
    const tensor = new OnnxTensor(factsOf(datatype).runtime as OnnxTensor.Type, data, shape)
    // Newer Nodes have a Float16Array, which the package makes of halves and its binding takes for empty.
    feeds[name] = datatype === 'FP16' ? Object.assign(tensor, { cpuData: data }) : tensor
  }
  return feeds
}

function resultOf(results: Readonly<Feeds>, outputs: readonly string[], runMs: number): RunResult {
  return { outputs: outputs.map(name => fromOnnx(name, results[name])), runMs }
}

function fromOnnx(name: string, value: OnnxTensor | undefined): NamedTensor {
  const datatype = value === undefined ? undefined : datatypeFromRuntime(value.type)
  invariant(value !== undefined && datatype !== undefined, `output ${name} is a tensor of a known type`)
  return { name, datatype, shape: [...value.dims], data: plainData(value.data) }
}

interface Float16Bits {
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
  readonly length: number
}

/** Newer Nodes give halves as Float16Array; the bits are what the rest of the server knows. */
function plainData(data: TensorData | Float16Bits): TensorData {
  const isHalf = data.constructor.name === 'Float16Array'
  if (!isHalf) return data as TensorData
  const { buffer, byteOffset, length } = data as Float16Bits
  return new Uint16Array(buffer, byteOffset, length)
}
