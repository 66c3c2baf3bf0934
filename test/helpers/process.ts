// Kedge as its users start it: the executable in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const executable = fileURLToPath(new URL('../../../bin/kedge.js', import.meta.url))

/** Child processes of a process; on Linux. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  )
}

/** Stops a process: it sees nothing of what happens, as if it were stuck in a run. The test kills what is left of it. */
export function stop(t: Pick<Test, 'teardown'>, pid: number): void {
  process.kill(pid, 'SIGSTOP')
  t.teardown(() => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has gone, as it should.
    }
  })
}

export interface KedgeProcess {
  readonly child: ChildProcess
  /** Everything on standard output and standard error so far. */
  output(): string
  /** Settles once the output matches, with what the pattern's group has; rejects when the process ends before. */
  says(pattern: RegExp): Promise<string>
  /** Settles with the address once the process listens; rejects when it ends before. */
  readonly listening: Promise<string>
  /** Settles once the process has settled its first scan. */
  readonly ready: Promise<string>
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Starts `kedge` with arguments; the test kills what is left of it. The environment is this one without settings of Kedge's. */
export function kedge(
  t: Pick<Test, 'teardown'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  program = executable
): KedgeProcess {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('KEDGE_'))
  )
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  // Whoever removes its folders afterwards waits until nobody writes there.
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  let text = ''
  const seen = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(text)
        if (match === null) return
        // A server under load says much more, which nobody searches.
        child.stdout.off('data', look)
        resolve(match[1] ?? '')
      }
      look()
      child.stdout.on('data', look)
      child.once('close', () => reject(new Error(`kedge ended:\n${text}`)))
    })
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const listening = seen(/Server listening at (http:[^"]+)"/)
  const ready = seen(/first scan settled/).then(() => listening)
  // Whoever does not wait for these does not mind their failure.
  listening.catch(() => {})
  ready.catch(() => {})
  const exited = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null
  }))
  return { child, output: () => text, says: seen, listening, ready, exited }
}
