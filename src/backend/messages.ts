// The closed set of messages between the server and an instance. One run is on its way at a time, so answers need no ids.
import { messageOf } from '../errors/serving-error.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { SessionOptions } from './backend.ts'

export type Request =
  | { readonly type: 'open'; readonly options: SessionOptions }
  | { readonly type: 'run'; readonly inputs: readonly NamedTensor[]; readonly outputs: readonly string[] }
  | { readonly type: 'memory' }
  | { readonly type: 'release' }
  | { readonly type: 'close' }

export type Reply =
  | { readonly type: 'opened'; readonly openMs: number }
  | { readonly type: 'ran'; readonly outputs: readonly NamedTensor[]; readonly runMs: number }
  /** What its memory has grown by since before the session was opened. */
  | { readonly type: 'memory'; readonly grownBytes: number }
  /** With what a process of its own still holds of the memory of all its sessions so far. */
  | { readonly type: 'released'; readonly heldBytes?: number | undefined }
  | { readonly type: 'failed'; readonly message: string }

/** One end of a channel; worker threads' ports and message ports fit. */
export interface Port {
  postMessage(message: Request | Reply, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: unknown) => void): unknown
  close(): void
}

export function failure(caught: unknown): Reply {
  return { type: 'failed', message: messageOf(caught) }
}
