// The placement `thread`: the loop in a worker thread. The thread is never terminated: that aborts the process when it is inside a
// run. It is asked to close, finishes what it does, and ends by itself. A worker's environment is a copy that the runtime does not
// read, so telemetry has to be off in the process that starts it.
import '../base/no-telemetry.ts'
import { Worker } from 'node:worker_threads'
import type { Peer } from './channel-instance.ts'
import type { Reply } from './messages.ts'

export function threadPeer(): Peer {
  const worker = new Worker(new URL('./thread-worker.js', import.meta.url), { name: 'kedge-instance' })
  let fault: Error | undefined
  worker.on('error', (error: Error) => {
    fault = error
  })
  return {
    placement: 'thread',
    kill: undefined,
    send: (request, transfer) => worker.postMessage(request, transfer),
    onReply: listener => void worker.on('message', (reply: Reply) => listener(reply)),
    onEnd: listener =>
      void worker.on('exit', code => listener(fault ?? new Error(`its thread ended with code ${code}`)))
  }
}
