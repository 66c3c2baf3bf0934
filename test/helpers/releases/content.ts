// What releases bring: version folders whose answers tell which content gave them, and folders that must never serve.
import { createHash } from 'node:crypto'
import { crashes, externalWeights, plus, unknownOperator } from '../models.ts'

/** Files by their path in the version's folder. */
export type Files = Readonly<Record<string, Uint8Array | string>>

export interface Content {
  readonly files: Files
  /** What each answer adds to what was asked. */
  readonly adds: number
}

export interface Broken {
  /** For people. */
  readonly kind: string
  readonly files: Files
  /** What the index says of it. */
  readonly reason: RegExp
}

/** A model that adds a number, with a gate that asks for it. Even numbers lie in a data file of the model's, odd ones in the graph. */
export function good(adds: number): Content {
  const model =
    adds % 2 === 0
      ? { 'model.onnx': externalWeights('weights.bin'), 'weights.bin': floats([adds, adds]) }
      : { 'model.onnx': plus(adds) }
  return { files: { ...model, 'gate/known.yaml': gate(adds) }, adds }
}

function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

function gate(adds: number): string {
  const inputs = [{ name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] }]
  const expected = [{ name: 'y', data: [1, 2, 3, 4].map(x => x + adds) }]
  return `${JSON.stringify({ request: { inputs }, expected, absolute: 1e-3 }, null, 2)}\n`
}

/** One of each kind of version that has to be kept out; those that come as far as answering pretend to be `good(adds)`. */
export function broken(adds: number): readonly Broken[] {
  const { files } = good(adds)
  const graph = plus(adds)
  return [
    {
      kind: 'wrong answers',
      files: { 'model.onnx': plus(adds + 0.5), 'gate/known.yaml': gate(adds) },
      reason: /gate/
    },
    {
      kind: 'a truncated file',
      files: { ...files, 'model.onnx': graph.subarray(0, graph.length / 2) },
      reason: /model\.onnx/
    },
    {
      kind: 'missing external data',
      files: { 'model.onnx': externalWeights('weights.bin'), 'gate/known.yaml': gate(adds) },
      reason: /weights\.bin/
    },
    {
      kind: 'an unknown operator',
      files: { ...files, 'model.onnx': unknownOperator() },
      reason: /NoSuchOperator/
    },
    {
      kind: 'a crash when the session is created',
      files: { 'model.onnx': crashes('opening') },
      reason: /crashed/
    },
    {
      kind: 'a crash in a run',
      files: { 'model.onnx': crashes('running') },
      reason: /crashed/
    },
    {
      kind: 'a misspelt model.yaml',
      files: { ...files, 'model.yaml': 'batchin: { enabled: false }\n' },
      reason: /batchin/
    },
    {
      kind: 'other bytes than SHA256SUMS says',
      files: { ...files, SHA256SUMS: `${'0'.repeat(64)}  model.onnx\n` },
      reason: /SHA-256|SHA256SUMS/
    }
  ]
}

/** A text for the files that a load reads, the same for their digests as the audit log has them. */
export function identityOf(digests: Readonly<Record<string, string>>): string {
  const loaded = Object.entries(digests).filter(([file]) => file === 'model.onnx' || file === 'weights.bin')
  return loaded
    .map(([file, digest]) => `${file} ${digest}`)
    .sort()
    .join(', ')
}

export function identityOfFiles(files: Files): string {
  const digest = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
  return identityOf(Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, digest(bytes)])))
}
