// The placement `process`: the loop in a child process, which may crash, hang or be killed without harm to the server. It ends with
// the server: its channel closes, which one that is stuck in a run does not see, so the server kills what is left when it ends. Where
// the server is killed by others, a run in progress ends first.
import '../base/no-telemetry.ts'
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Peer } from './channel-instance.ts'
import type { Reply } from './messages.ts'

const entry = fileURLToPath(new URL('./process-worker.js', import.meta.url))

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

export function processPeer(): Peer {
  const child = fork(entry, {
    // Typed arrays as bytes, not as JSON.
    serialization: 'advanced',
    // What the runtime prints belongs beside our own errors; standard output is the log's.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: []
  })
  // One that could not be started never exits.
  if (child.pid !== undefined) children.add(child)
  child.on('exit', () => children.delete(child))
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
        if (child.pid === undefined) listener(error)
      })
      child.on('exit', (code, signal) => {
        const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`
        listener(fault ?? new Error(`its process ${how}`))
      })
    }
  }
}
