// The only door to onnxruntime-node. Both calls block their thread, whatever their signature says: never use this module on the
// thread that serves HTTP.
import '../base/no-telemetry.ts'
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node'
import { invariant } from '../base/invariant.ts'
import { datatypeFromRuntime, factsOf, type TensorData } from '../tensor/datatype.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { ModelSession, SessionOptions } from './backend.ts'

/** Errors come to us as exceptions; the runtime's own lines on stderr would only repeat them. */
const logFatalOnly = 4

/** Opens a session on the CPU. Throws the runtime's error when the model cannot be loaded. */
export async function openOnnxSession(options: SessionOptions): Promise<ModelSession> {
  const session = await InferenceSession.create(options.path, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: options.graphOptimization,
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: logFatalOnly,
    // Several models share the cores, so a thread that waits gives its core away.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } }
  })
  return {
    async run(inputs, outputs) {
      const feeds = Object.fromEntries(inputs.map(input => [input.name, toOnnx(input)]))
      const started = performance.now()
      const results = await session.run(feeds, [...outputs], { logSeverityLevel: logFatalOnly })
      const runMs = performance.now() - started
      return { outputs: outputs.map(name => fromOnnx(name, results[name])), runMs }
    },
    release: () => session.release()
  }
}

function toOnnx(tensor: NamedTensor): OnnxTensor {
  const type = factsOf(tensor.datatype).runtime as OnnxTensor.Type
  return new OnnxTensor(type, tensor.data, tensor.shape)
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
