// The behaviour of an instance, as a plain function of a port: opens its session, runs what comes, answers each message once. After
// its session is released another may be opened. Where it has a process of its own it also tells what a session takes.
import { invariant } from '../base/invariant.ts'
import { packed } from '../tensor/transfer.ts'
import type { ModelSession, OpenSession } from './backend.ts'
import { failure, type Port, type Reply, type Request } from './messages.ts'

/**
 * Serves one session at a time over `port` until it is told to close. The other end sends its next message after the last answer.
 * `memoryBytes` is what the process has now; a thread has none, since it cannot tell its share.
 */
export function serveSession(port: Port, open: OpenSession, memoryBytes?: () => number): void {
  const atFirstBytes = memoryBytes?.() ?? 0
  let beforeBytes = atFirstBytes
  let session: ModelSession | undefined

  async function answer(request: Request): Promise<Reply | undefined> {
    switch (request.type) {
      case 'open': {
        beforeBytes = memoryBytes?.() ?? 0
        const startedMs = performance.now()
        session = await open(request.options)
        return { type: 'opened', openMs: performance.now() - startedMs }
      }
      case 'run': {
        invariant(session !== undefined, 'a session is opened before it runs')
        return { type: 'ran', ...(await session.run(request.inputs, request.outputs)) }
      }
      case 'memory': {
        invariant(memoryBytes !== undefined, 'only a process of its own is asked for its memory')
        return { type: 'memory', grownBytes: Math.max(0, memoryBytes() - beforeBytes) }
      }
      case 'release': {
        const ending = session
        session = undefined
        await ending?.release()
        return { type: 'released', heldBytes: memoryBytes && memoryBytes() - atFirstBytes }
      }
      case 'close':
        try {
          await session?.release()
        } finally {
          // Whatever the release said: the owner waits for the end of the thread.
          port.close()
        }
        return undefined
    }
  }

  async function handle(request: Request): Promise<void> {
    try {
      const reply = await answer(request)
      if (reply?.type === 'ran') {
        const { tensors, transfer } = packed(reply.outputs)
        port.postMessage({ ...reply, outputs: tensors }, transfer)
      } else if (reply !== undefined) port.postMessage(reply)
    } catch (error) {
      port.postMessage(failure(error))
    }
  }

  // One after the other: a run yields before it blocks, and a session must not be released under it.
  let last = Promise.resolve()
  port.on('message', message => {
    // Node's own tools send messages of theirs to workers; those are none of ours.
    if (isRequest(message)) last = last.then(() => handle(message))
  })
}

const types: ReadonlySet<unknown> = new Set<Request['type']>(['open', 'run', 'memory', 'release', 'close'])

function isRequest(message: unknown): message is Request {
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined
  return types.has(type)
}
