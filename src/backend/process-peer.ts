// The placement `process`: the loop in a child process, which may crash, hang or be killed without harm to the server. It ends by
// itself when the server is gone: its channel closes.
import '../base/no-telemetry.ts'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Peer } from './channel-instance.ts'
import type { Reply } from './messages.ts'

const entry = fileURLToPath(new URL('./process-worker.js', import.meta.url))

export function processPeer(): Peer {
  const child = fork(entry, {
    // Typed arrays as bytes, not as JSON.
    serialization: 'advanced',
    // What the runtime prints belongs beside our own errors; standard output is the log's.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: []
  })
  let fault: Error | undefined
  child.on('error', error => {
    fault = error
  })
  return {
    placement: 'process',
    kill: () => void child.kill('SIGKILL'),
    send: request => {
      // A child that has just died has no channel: its end is reported by `exit`.
      if (child.connected) child.send(request, () => {})
    },
    onReply: listener => void child.on('message', message => listener(message as Reply)),
    onEnd: listener => {
      child.on('error', error => {
        // One that could not be started never exits.
        if (child.pid === undefined) listener(error)
      })
      child.on('exit', (code, signal) => {
        const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`
        listener(fault ?? new Error(`its process ${how}`))
      })
    }
  }
}
