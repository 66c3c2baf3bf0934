// Another server in a process group of its own: a baseline, or a peer. What it started ends with it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Scope } from './harness.ts'

/** The end of what a server said: enough for its reason. */
const saidCharactersMax = 2000
const stopMs = 10_000

export class Server {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #said = ''
  #stopped = false

  constructor(scope: Scope, command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [program, ...args] = command
    this.#child = spawn(program!, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const collect = (chunk: Buffer): void => {
      this.#said = (this.#said + chunk.toString()).slice(-saidCharactersMax)
    }
    this.#child.stdout?.on('data', collect)
    this.#child.stderr?.on('data', collect)
    this.#ended = once(this.#child, 'close').catch((error: unknown) => collect(Buffer.from(String(error))))
    scope.teardown(() => this.#kill())
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** The end of what it wrote. */
  get said(): string {
    return this.#said
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined
  }

  /** Asks it to end, and after a while no longer asks. */
  async stop(): Promise<void> {
    const started = new Map(processTree(this.pid).map(pid => [pid, startOf(pid)]))
    kill(-this.pid, 'SIGTERM')
    const timer = setTimeout(() => this.#kill(), stopMs)
    await this.#ended
    clearTimeout(timer)
    // A parent may end before its workers. A number may be somebody else's by now.
    for (const [pid, start] of started) if (startOf(pid) === start) kill(pid, 'SIGKILL')
    this.#stopped = true
  }

  /** Ends it and all that it started, workers in groups of their own included. */
  #kill(): void {
    if (this.#child.pid === undefined || this.#stopped) return
    for (const pid of [...processTree(this.pid), -this.pid]) kill(pid, 'SIGKILL')
  }
}

/** Signals a process, or a group when its number is negative, if it is still there. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A compiled script of bench/baselines that prints the port it listens on; its address. */
export async function baseline(scope: Scope, name: string): Promise<string> {
  const server = new Server(scope, [process.execPath, baselinePath(name)])
  while (server.running) {
    const [, port] = /^listening (\d+)$/m.exec(server.said) ?? []
    if (port !== undefined) return `http://127.0.0.1:${port}`
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`baseline ${name} ended:\n${server.said}`)
}

export function baselinePath(name: string): string {
  return fileURLToPath(new URL(`baselines/${name}.js`, import.meta.url))
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}

export interface Memory {
  /** Resident pages of every process, those that they share counted for each. */
  readonly rssBytes: number
  /** The same with shared pages counted once. */
  readonly pssBytes: number
  readonly processes: number
}

/** The fields of a process's state behind its name, which may hold spaces and brackets. */
const stateOf = (pid: number): string[] => read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
const parentOf = (pid: number): number => Number(stateOf(pid)[1])
/** When it started, in ticks since the machine did: tells apart two processes of one number. */
export const startOf = (pid: number): string | undefined => stateOf(pid)[19]

/** A process and all that descend from it, parents first. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    const parent = parentOf(pid)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** What a process and all that descend from it hold, as Linux tells it. */
export function treeMemory(root: number): Memory {
  const tree = processTree(root)
  const sum = (file: string, key: string): number =>
    tree.reduce((total, pid) => {
      const [, kib = '0'] = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(read(`/proc/${pid}/${file}`)) ?? []
      return total + Number(kib) * 1024
    }, 0)
  return { rssBytes: sum('status', 'VmRSS'), pssBytes: sum('smaps_rollup', 'Pss'), processes: tree.length }
}

/** A file under /proc, empty when its process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
