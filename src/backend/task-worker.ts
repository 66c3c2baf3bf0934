// The entry of a task thread: runs the functions of the module that it was started with, one after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { invariant } from '../base/invariant.ts'
import type { TaskMessage, TaskModule, TaskReply } from './task-thread.ts'

invariant(parentPort !== null, 'this module is the entry of a worker thread')
const port = parentPort
const { tasks } = (await import((workerData as { readonly module: string }).module)) as TaskModule

port.on('message', ({ id, task, input }: TaskMessage) => {
  let reply: TaskReply
  let transfer: readonly ArrayBuffer[] = []
  try {
    const done = tasks[task]!(input)
    transfer = done.transfer
    reply = { id, output: done.output }
  } catch (error) {
    reply = { id, error }
  }
  port.postMessage(reply, [...transfer])
})
