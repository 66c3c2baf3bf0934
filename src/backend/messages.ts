// The closed set of messages between the server and an instance. One run is on its way at a time, so answers need no ids.
import { messageOf } from '../errors/serving-error.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { SessionOptions } from './backend.ts'

export type Request =
  | { readonly type: 'open'; readonly options: SessionOptions }
  | { readonly type: 'run'; readonly inputs: readonly NamedTensor[]; readonly outputs: readonly string[] }
  | { readonly type: 'close' }

export type Reply =
  | { readonly type: 'opened'; readonly openMs: number }
  | { readonly type: 'ran'; readonly outputs: readonly NamedTensor[]; readonly runMs: number }
  | { readonly type: 'failed'; readonly message: string }

/** One end of a channel; worker threads' ports and message ports fit. */
export interface Port {
  postMessage(message: Request | Reply, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  close(): void
}

/**
 * The buffers that may move with `tensors` instead of being copied: those that the tensors fill, alone or together, by half at
 * least, such as a body with binary data. What may be Node's pool is copied: moving it fails on newer Nodes.
 */
export function transferable(tensors: readonly NamedTensor[]): ArrayBuffer[] {
  const used = new Map<ArrayBuffer, number>()
  for (const { data } of tensors) {
    if (Array.isArray(data) || data.byteLength === 0 || !(data.buffer instanceof ArrayBuffer)) continue
    used.set(data.buffer, (used.get(data.buffer) ?? 0) + data.byteLength)
  }
  return [...used].flatMap(([buffer, bytes]) => (movable(buffer, bytes) ? [buffer] : []))
}

function movable({ byteLength }: ArrayBuffer, bytesUsed: number): boolean {
  return bytesUsed * 2 > byteLength && byteLength !== Buffer.poolSize
}

export function failure(caught: unknown): Reply {
  return { type: 'failed', message: messageOf(caught) }
}
