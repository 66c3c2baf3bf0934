// The placement `thread`: the loop in a worker thread. The thread is never terminated: that aborts the process when it is inside a
// run. It is asked to close, finishes what it does, and ends by itself. A worker's environment is a copy that the runtime does not
// read, so telemetry has to be off in the process that starts it.
import '../base/no-telemetry.ts'
import { Worker } from 'node:worker_threads'
import type { Peer } from './channel-instance.ts'
import type { Reply } from './messages.ts'

export function startThread(): Worker {
  return new Worker(new URL('./thread-worker.js', import.meta.url), { name: 'kedge-instance' })
}

/** `park` takes the thread back once its session is released; without it the thread ends with its instance. */
export function threadPeer(worker = startThread(), park?: () => void): Peer {
  let fault: Error | undefined
  const stops: (() => void)[] = []
  function listen<T>(event: string, listener: (value: T) => void): void {
    worker.on(event, listener)
    stops.push(() => worker.off(event, listener))
  }

  listen('error', (error: Error) => {
    fault = error
  })
  return {
    placement: 'thread',
    kill: undefined,
    send: (request, transfer) => worker.postMessage(request, transfer),
    onReply: listener => listen('message', (reply: Reply) => listener(reply)),
    onEnd: listener =>
      listen('exit', (code: number) => listener(fault ?? new Error(`its thread ended with code ${code}`))),
    park:
      park &&
      (() => {
        for (const stop of stops) stop()
        park()
      })
  }
}
