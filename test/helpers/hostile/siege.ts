// A server under attack from its start to its rest: what callers met, what it said, and what it kept.
import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { KedgeProcess } from '../process.ts'
import { Bystanders, type Seen } from './bystanders.ts'
import { Campaign } from './campaign.ts'
import type { Keys } from './keys.ts'

type Headers = Readonly<Record<string, string>>

export interface SiegeOptions {
  readonly server: KedgeProcess
  readonly seed: number
  readonly warmUpCount: number
  /** Attacks that count, beside those before. */
  readonly count: number
  readonly keys?: Keys
}

export interface Memory {
  /** What the system has given, and what its allocator keeps of that. */
  readonly rssBytes: number
  /** What the server still holds: its heap, and buffers outside of it. */
  readonly heldBytes: number
}

export interface Siege {
  readonly campaign: Campaign
  readonly seen: Seen
  /** Lines of the log that would wake somebody, and lines that are none. */
  readonly alarms: readonly string[]
  /** Secrets that the log holds. */
  readonly isTold: boolean
  /** Of the metrics: what is still in progress, and answers with 5xx that no caller can bring about. */
  readonly left: readonly string[]
  /** Memory again and again, from after the warm-up on. */
  readonly memory: readonly Memory[]
  /** Open sockets more than before, beside those of the bystanders. */
  readonly socketsLeft: number
}

const restMaxMs = 30_000
/** Callers who do nothing wrong keep their connections. */
const bystanderSocketsMax = 8
const pollMs = 50
const sampleMs = 250
/** The end of what a server said: enough for its reason. */
const saidCharactersMax = 4000
const errorLevel = 50

/** The lowest of a fifth of the samples: what is in progress, or not collected yet, comes and goes on top of what is kept. */
export function lowest(samples: readonly number[], stretch: 'first' | 'last'): number {
  const count = Math.max(1, Math.floor(samples.length / 5))
  return Math.min(...(stretch === 'first' ? samples.slice(0, count) : samples.slice(-count)))
}

/** Looks at the memory until it is told to stop, and once at least. */
async function sample(
  server: KedgeProcess,
  headers: Headers,
  memory: Memory[],
  over: AbortSignal
): Promise<void> {
  do {
    const text = await metricsOf(await server.ready, headers)
    const bytes = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
    memory.push({
      rssBytes: bytes('process_resident_memory_bytes'),
      heldBytes: bytes('nodejs_heap_size_used_bytes') + bytes('nodejs_external_memory_bytes')
    })
    await wait(sampleMs)
  } while (!over.aborted)
}

async function metricsOf(address: string, headers: Headers): Promise<string> {
  return (await fetch(`${address}/metrics`, { headers })).text()
}

function requireAlive({ child, output }: KedgeProcess, seed: number): void {
  if (child.exitCode === null && child.signalCode === null) return
  throw new Error(
    `the server ended under the attacks of seed ${seed}:\n${output().slice(-saidCharactersMax)}`
  )
}

/** Open sockets of a process. */
export function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter(fd => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
    } catch {
      // Closed meanwhile.
      return false
    }
  }).length
}

export async function besiege({ server, seed, warmUpCount, count, keys }: SiegeOptions): Promise<Siege> {
  const address = await server.ready
  const pid = server.child.pid!
  const headers = Object.fromEntries(keys?.full.lines ?? [])
  await keys?.withdraw(
    async ({ lines }) => (await fetch(`${address}/v2`, { headers: Object.fromEntries(lines) })).status === 401
  )
  const socketsBefore = socketsOf(pid)
  const bystanders = await Bystanders.begin(address, headers)
  const campaign = new Campaign({ address, seed, ...(keys && { keys }) })
  const memory: Memory[] = []
  const over = new AbortController()
  try {
    await campaign.run(0, warmUpCount)
    requireAlive(server, seed)
    // It fails when the server ends, which is told in better words.
    const sampling = sample(server, headers, memory, over.signal)
    sampling.catch(() => {})
    await campaign.run(warmUpCount, warmUpCount + count)
    requireAlive(server, seed)
  } finally {
    over.abort()
    await bystanders.end()
  }
  const endMs = performance.now() + restMaxMs
  let left = await leftovers(address, headers)
  while (
    (left.length > 0 || socketsOf(pid) > socketsBefore + bystanderSocketsMax) &&
    performance.now() < endMs
  ) {
    await wait(pollMs)
    left = await leftovers(address, headers)
  }
  const log = server.output()
  const isTold = keys?.isIn(log) ?? false
  return {
    campaign,
    seen: bystanders.seen(),
    alarms: alarmsOf(log),
    isTold,
    left,
    memory,
    socketsLeft: Math.max(0, socketsOf(pid) - socketsBefore - bystanderSocketsMax)
  }
}

function alarmsOf(log: string): string[] {
  return log.split('\n').filter(line => {
    if (line === '') return false
    try {
      return (JSON.parse(line) as { readonly level: number }).level >= errorLevel
    } catch {
      return true
    }
  })
}

async function leftovers(address: string, headers: Headers): Promise<string[]> {
  const text = await metricsOf(address, headers)
  const lines = text.split('\n')
  const busy = lines.filter(
    line => /^kedge_(inflight_requests|queue_rows)\{/.test(line) && !line.endsWith(' 0')
  )
  const failed = lines.filter(line => /^kedge_http_requests_total\{.*status="(50[0235-9])"/.test(line))
  return [...busy, ...failed]
}
