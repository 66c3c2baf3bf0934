// A bare loop over session.run() in a process of its own: what the runtime does when no server is in its way.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { slow } from '../test/helpers/models.ts'
import type { Scope } from './harness.ts'
import { baselinePath } from './server.ts'

/** Runs a second. */
export async function bareRunsPerSecond(path: string, threads: number, seconds: number): Promise<number> {
  const child = spawn(process.execPath, [baselinePath('run-loop'), path, String(threads), String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the bare loop ended with status ${code}`)
  const result = JSON.parse(text) as { readonly runs: number; readonly seconds: number }
  return result.runs / result.seconds
}

/** The slow model with so many loops that a run takes about `runMs` here. */
export async function slowOf(
  scope: Scope,
  runMs: number,
  threads = availableParallelism()
): Promise<Uint8Array> {
  const loops = 50
  const path = join(scope.folder({ 'model.onnx': slow(loops) }), 'model.onnx')
  const loopsPerMs = (loops * (await bareRunsPerSecond(path, threads, 1))) / 1000
  return slow(Math.max(1, Math.round(loopsPerMs * runMs)))
}
