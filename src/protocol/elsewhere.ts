// What tasks for another thread have in common. Errors travel as data, since a thread gives another thread no more of an error than its message.
import type { ErrorCode } from '../errors/codes.ts'
import { type Problem, ServingError } from '../errors/serving-error.ts'

/** Runs a task elsewhere: moves the buffers, and gives back what the task gave. */
export type RunTask = (task: string, input: unknown, transfer: readonly ArrayBuffer[]) => Promise<unknown>

/** A ServingError on its way. */
export interface Refusal {
  readonly refused: {
    readonly code: ErrorCode
    readonly message: string
    readonly details: readonly Problem[]
  }
}

/** What a task gives back instead of throwing. Throws what is no ServingError. */
export function refusal(error: unknown): { readonly output: Refusal; readonly transfer: [] } {
  if (!(error instanceof ServingError)) throw error
  const { code, message, details } = error
  return { output: { refused: { code, message, details } }, transfer: [] }
}

/** What came back, unless it is a refusal, which is thrown. */
export function accepted<T extends object>(output: T | Refusal): T {
  if (!('refused' in output)) return output
  const { code, message, details } = output.refused
  throw new ServingError(code, message, { details })
}

/** The buffer that belongs to `bytes` alone, to move with them. */
export function wholeBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength ? [buffer] : []
}
