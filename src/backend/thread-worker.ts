// The entry of a worker thread: joins its port to the loop.
import '../base/no-telemetry.ts'
import { parentPort } from 'node:worker_threads'
import { invariant } from '../base/invariant.ts'
import { openOnnxSession } from './onnx-session.ts'
import { serveSession } from './worker-loop.ts'

invariant(parentPort !== null, 'this module is the entry of a worker thread')
serveSession(parentPort, openOnnxSession)
