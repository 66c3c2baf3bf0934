import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { TaskThread } from '../../src/backend/task-thread.ts'
import { repository } from '../helpers/app.ts'

const source = `export const tasks = {
  double: ({ numbers }) => ({ output: numbers.map(x => 2 * x), transfer: [] }),
  move: ({ bytes }) => ({ output: bytes, transfer: [bytes.buffer] }),
  fail: () => { throw new TypeError('no') },
  die: () => { process.exit(3) }
}`

function thread(t: Test): TaskThread {
  const folder = repository(t, { 'tasks.mjs': source })
  const tasks = new TaskThread(pathToFileURL(join(folder, 'tasks.mjs')))
  t.teardown(() => tasks.close())
  return tasks
}

t.test('tasks run there, several at once, and buffers move both ways', async t => {
  const tasks = thread(t)
  t.strictSame(await Promise.all([1, 2, 3].map(x => tasks.run('double', { numbers: [x] }, []))), [
    [2],
    [4],
    [6]
  ])
  const bytes = Uint8Array.of(1, 2, 3)
  t.strictSame(await tasks.run('move', { bytes }, [bytes.buffer]), Uint8Array.of(1, 2, 3))
  t.equal(bytes.length, 0)
})

t.test('a task that throws fails alone', async t => {
  const tasks = thread(t)
  await t.rejects(tasks.run('fail', {}, []), { name: 'TypeError', message: 'no' })
  await t.rejects(tasks.run('nothing', {}, []))
  t.strictSame(await tasks.run('double', { numbers: [1] }, []), [2])
})

t.test('a thread that ends takes its tasks along; the next task starts another', async t => {
  const tasks = thread(t)
  await t.rejects(tasks.run('die', {}, []), /the task thread ended with code 3/)
  t.strictSame(await tasks.run('double', { numbers: [1] }, []), [2])
  await tasks.close()
  t.strictSame(await tasks.run('double', { numbers: [2] }, []), [4])
})
