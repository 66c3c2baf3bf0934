// The entry of a child process: joins its channel to the loop. Signals are the server's business, which asks it to close.
import '../base/no-telemetry.ts'
import { invariant } from '../base/invariant.ts'
import { openFirstSession, openOnnxSession } from './onnx-session.ts'
import { serveSession } from './worker-loop.ts'

const send = process.send?.bind(process)
invariant(send !== undefined, 'this module is the entry of a child process')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
// What the runtime needs for itself is not taken for the first model's.
await openFirstSession()
serveSession(
  {
    // A server that is gone meanwhile needs no answer.
    postMessage: message => void send(message, undefined, undefined, () => {}),
    on: (event, listener) => process.on(event, listener),
    close: () => process.disconnect()
  },
  openOnnxSession,
  () => process.memoryUsage.rss()
)
