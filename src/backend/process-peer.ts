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

export function startProcess(): ChildProcess {
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
  // Whoever uses it listens; between two of them nobody does.
  child.on('error', () => {})
  return child
}

/** `park` takes the process back once its session is released; without it the process ends with its instance. */
export function processPeer(child = startProcess(), park?: () => void): Peer {
  let fault: Error | undefined
  const stops: (() => void)[] = []
  function listen<T extends unknown[]>(event: string, listener: (...values: T) => void): void {
    child.on(event, listener)
    stops.push(() => child.off(event, listener))
  }

  listen('error', (error: Error) => {
    fault = error
  })
  return {
    placement: 'process',
    kill: () => void child.kill('SIGKILL'),
    send: request => {
      // A child that has just died has no channel: its end is reported by `exit`.
      if (child.connected) child.send(request, () => {})
    },
    onReply: listener => listen('message', (message: Reply) => listener(message)),
    onEnd: listener => {
      listen('error', (error: Error) => {
        if (child.pid === undefined) listener(error)
      })
      listen('exit', (code: number | null, signal: NodeJS.Signals | null) => {
        const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`
        listener(fault ?? new Error(`its process ${how}`))
      })
    },
    park:
      park &&
      (() => {
        for (const stop of stops) stop()
        park()
      })
  }
}
