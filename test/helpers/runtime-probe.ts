// Whether telemetry is off when the runtime is loaded. The runtime reads ORT_DISABLE_TELEMETRY from the environment of the process
// when its native library is first loaded; what a worker thread sees as process.env is only a copy. So a probe, preloaded into each
// thread of a fresh process and of its children, looks at both at the moment the library is loaded.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { repository } from './app.ts'

const probe = `
const { isMainThread } = require('node:worker_threads')
const { writeSync } = require('node:fs')
const dlopen = process.dlopen
process.report.excludeNetwork = true
process.dlopen = function (module, file, ...rest) {
  if (file.includes('onnxruntime')) {
    const real = process.report.getReport().environmentVariables.ORT_DISABLE_TELEMETRY ?? 'unset'
    const seen = process.env.ORT_DISABLE_TELEMETRY ?? 'unset'
    const who = !isMainThread ? 'worker' : process.send === undefined ? 'main' : 'child'
    writeSync(2, 'PROBE ' + who + ' seen=' + seen + ' real=' + real + '\\n')
    if (process.argv.includes('no-load')) process.exit(0)
  }
  return dlopen.call(this, module, file, ...rest)
}`

/** The path of a compiled source file. */
export const built = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

interface Ended {
  readonly status: number | null
  /** What the probe saw at each loading of the native library. */
  readonly loads: readonly string[]
  /** What the process left in its home and its folder for temporary files. */
  readonly left: readonly string[]
}

/** An ending in which nothing went wrong and nothing was left behind. */
export const quiet = { status: 0, left: [] }

/**
 * Runs node with the probe and next to no environment: neither CI nor anything else that switches telemetry off. Asked to end
 * once it says `until`.
 */
export async function probed(
  t: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
  args: (root: string) => string[],
  until?: string
): Promise<Ended> {
  const root = repository(t, { 'probe.cjs': probe, 'home/.keep': '', ...files })
  const home = join(root, 'home')
  // Child processes inherit the environment, not the arguments.
  const preload = `--require=${JSON.stringify(join(root, 'probe.cjs'))}`
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    TMPDIR: home,
    XDG_CACHE_HOME: home,
    NODE_OPTIONS: preload
  }
  const child = spawn(process.execPath, args(root), { env, cwd: root })
  t.teardown(() => void child.kill('SIGKILL'))
  let text = ''
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
    // Once: a second signal would not wait for the orderly end.
    if (until !== undefined && !child.killed && text.includes(until)) child.kill('SIGTERM')
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const [status] = (await once(child, 'close')) as [number | null]
  const loads = text.split('\n').filter(line => line.startsWith('PROBE '))
  if (status !== 0) t.comment(text)
  return { status, loads, left: readdirSync(home).filter(name => name !== '.keep') }
}
