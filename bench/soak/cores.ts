// Who uses the cores of this machine: tells a server that is slow from one that others keep waiting.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** In cores, as a mean over the time that was watched. */
export interface Cores {
  readonly server: number
  readonly client: number
  readonly others: number
}

const ticksPerSecond = 100

/** Seconds that a process has run, on all of its threads. */
function processSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Seconds that the cores were busy, whoever kept them so. */
function machineSeconds(): number {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000
}

/** Begins to watch this process, the server `pid` and the rest; the function that it gives says what they used since. */
export function watchCores(pid: number): () => Cores {
  const look = () => ({
    atMs: performance.now(),
    server: processSeconds(pid),
    client: processSeconds(process.pid),
    all: machineSeconds()
  })
  const before = look()
  return () => {
    const now = look()
    const seconds = (now.atMs - before.atMs) / 1000
    const server = (now.server - before.server) / seconds
    const client = (now.client - before.client) / seconds
    const others = (now.all - before.all) / seconds - server - client
    return { server, client, others: Math.max(0, others) }
  }
}
