// The closed set of messages between the server and an instance. One run is on its way at a time, so answers need no ids.
import { messageOf } from '../errors/serving-error.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { SessionOptions } from './backend.ts'

export type Request =
  | { readonly type: 'open'; readonly options: SessionOptions }
  | { readonly type: 'run'; readonly inputs: readonly NamedTensor[]; readonly outputs: readonly string[] }
  | { readonly type: 'release' }
  | { readonly type: 'close' }

export type Reply =
  | { readonly type: 'opened'; readonly openMs: number }
  | { readonly type: 'ran'; readonly outputs: readonly NamedTensor[]; readonly runMs: number }
  | { readonly type: 'released' }
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
