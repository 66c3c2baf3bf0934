// The threads and child processes that this process starts, as Node tells of them.
import type { ChildProcess } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import type { Test } from 'tap'

/** Collects what is started until the test ends. */
export function started(t: Pick<Test, 'teardown'>) {
  const children: ChildProcess[] = []
  const workers: Worker[] = []
  const onChild = (message: unknown): void =>
    void children.push((message as { process: ChildProcess }).process)
  const onWorker = (message: unknown): void => void workers.push((message as { worker: Worker }).worker)
  channel('child_process').subscribe(onChild)
  channel('worker_threads').subscribe(onWorker)
  t.teardown(() => {
    channel('child_process').unsubscribe(onChild)
    channel('worker_threads').unsubscribe(onWorker)
  })
  return { children, workers }
}

/** Settles once every one of these threads has ended, although they would not keep the process. */
export async function ended(workers: readonly Worker[]): Promise<void> {
  const running = workers.filter(({ threadId }) => threadId !== -1)
  for (const worker of running) worker.ref()
  await Promise.all(running.map(worker => once(worker, 'exit')))
}
