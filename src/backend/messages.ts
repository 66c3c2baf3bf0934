// The closed set of messages between the server and an instance. One run is on its way at a time, so answers need no ids.
import { messageOf } from '../errors/serving-error.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { SessionOptions } from './backend.ts'

export type Request =
  | { readonly type: 'open'; readonly options: SessionOptions }
  | { readonly type: 'run'; readonly inputs: readonly NamedTensor[]; readonly outputs: readonly string[] }
  | { readonly type: 'close' }

export type Reply =
  | { readonly type: 'opened' }
  | { readonly type: 'ran'; readonly outputs: readonly NamedTensor[]; readonly runMs: number }
  | { readonly type: 'failed'; readonly message: string }

/** One end of a channel; worker threads' ports and message ports fit. */
export interface Port {
  postMessage(message: Request | Reply, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  close(): void
}

/**
 * The buffers that may move with `tensors` instead of being copied: those that belong to one tensor alone. A view into a larger
 * buffer (Node pools small ones) is copied by the channel.
 */
export function transferable(tensors: readonly NamedTensor[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const { data } of tensors) {
    if (Array.isArray(data) || data.byteLength === 0 || data.byteLength !== data.buffer.byteLength) continue
    if (data.buffer instanceof ArrayBuffer) buffers.add(data.buffer)
  }
  return [...buffers]
}

export function failure(caught: unknown): Reply {
  return { type: 'failed', message: messageOf(caught) }
}
