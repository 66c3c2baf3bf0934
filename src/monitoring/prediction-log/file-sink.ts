// Records as lines of a file that moves aside when it is full. The folder is made for the server's own user alone: what it holds came
// from callers.
import { mkdir } from 'node:fs/promises'
import type { PredictionSink } from './queue.ts'

export const predictionsFile = 'predictions.jsonl'

export interface FileSinkOptions {
  readonly folder: string
  readonly fileBytesMax: number
  readonly filesMax: number
  /** Appends to a log in the folder that keeps its files within limits. */
  readonly append: (
    name: string,
    text: string,
    limits: { readonly fileBytesMax: number; readonly filesMax: number }
  ) => Promise<void>
}

export function fileSink({ folder, append, ...limits }: FileSinkOptions): PredictionSink {
  return {
    async write(lines) {
      // Each time: whoever tidies up may have taken the folder along.
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await append(predictionsFile, lines.join('\n'), limits)
    }
  }
}
