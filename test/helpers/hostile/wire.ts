// Sends one attack over a TCP connection of its own.
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Attack } from './attack.ts'

export interface Outcome {
  /** Everything that came. */
  readonly bytes: Buffer
  /** How it ended: the server closed, the caller left as it meant to, or the server should have closed long ago. */
  readonly left: 'closed' | 'left' | 'overdue'
}

/** Nothing came for so long: nothing will. */
const quietMs = 250
/** As long as many slow answers before it may take, on a machine that has other work. */
const overdueMs = 30_000

/** Settles once the caller has left or was left. */
export async function send(address: string, { pieces, leaving, answers }: Attack): Promise<Outcome> {
  const { port, hostname } = new URL(address)
  const socket = connect({ port: Number(port), host: hostname, noDelay: true })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
  })
  const first = new Promise(resolve => socket.once('data', resolve))
  // Broken by the server in the middle of what it no longer reads: what came until then counts.
  socket.on('error', () => {})
  const closed = new Promise<'closed'>(resolve => socket.once('close', () => resolve('closed')))
  const written = write(socket, pieces)
  const left = await (leaving === 'at once'
    ? Promise.race([closed, written.then(() => 'left' as const)])
    : ended())
  socket.resetAndDestroy()
  return { bytes: Buffer.concat(chunks), left }

  async function ended(): Promise<Outcome['left']> {
    const abandoned = new AbortController()
    const { signal } = abandoned
    const overdue = wait(overdueMs, 'overdue' as const, { signal })
    const ways = leaving === 'quiet' ? [closed, overdue, quiet(signal)] : [closed, overdue]
    for (const way of ways) way.catch(() => {})
    const how = await Promise.race(ways)
    abandoned.abort()
    return how
  }

  /** Whoever has an answer to come waits for that first. */
  async function quiet(signal: AbortSignal): Promise<'left'> {
    await written
    if (answers[0] > 0 && chunks.length === 0) await first
    let heard = -1
    while (heard < chunks.length) {
      heard = chunks.length
      await wait(quietMs, undefined, { signal })
    }
    return 'left'
  }
}

async function write(socket: Socket, pieces: Attack['pieces']): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    if (typeof piece === 'number') await wait(piece)
    else await new Promise<void>(resolve => socket.write(piece, () => resolve()))
  }
}
