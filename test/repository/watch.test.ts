import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { folderWatch, watchedFoldersMax } from '../../src/repository/watch.ts'
import { turn } from '../helpers/turn.ts'
import { repository } from './folders.ts'

/** Watches `roots`; `next` settles with the next event. */
function watching(t: Test, roots: readonly string[]) {
  let onEvent = (): void => {}
  let count = 0
  const watcher = folderWatch(roots)(() => {
    count++
    onEvent()
  })
  // Watches keep no process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(alive)
    watcher.stop()
  })
  const next = (change: () => void): Promise<void> =>
    new Promise(resolve => {
      onEvent = resolve
      change()
    })
  return { watcher, next, events: () => count }
}

t.test('a change in a watched folder is told', async t => {
  const root = repository(t, { 'm/1/model.onnx': 'x' })
  const { watcher, next, events } = watching(t, [root])
  watcher.watch([join(root, 'm/1')])
  await t.resolves(
    next(() => mkdirSync(join(root, 'n'))),
    'a new model'
  )
  await t.resolves(
    next(() => writeFileSync(join(root, 'm/1/model.onnx'), 'y')),
    'a file'
  )
  watcher.watch([join(root, 'n')])
  await turn()
  const before = events()
  writeFileSync(join(root, 'm/1/other'), '')
  await t.resolves(
    next(() => mkdirSync(join(root, 'n/1'))),
    'a folder that is watched since'
  )
  await turn()
  t.equal(events(), before + 1, 'and none that is not any more')
})

t.test('what cannot be watched is lived without', async t => {
  const root = repository(t, { 'm/1/model.onnx': 'x' })
  const { watcher, next } = watching(t, ['/nowhere', join(root, 'm/1/model.onnx/below')])
  watcher.watch([join(root, 'none'), join(root, 'm')])
  await t.resolves(next(() => mkdirSync(join(root, 'm/2'))))
  rmSync(join(root, 'm'), { recursive: true })
  watcher.watch([join(root, 'm')])
  watcher.stop()
  watcher.stop()
})

t.test('after stop() nothing is told, and folders beyond the limit are left out', async t => {
  const root = repository(t, { 'a/': '', 'b/': '' })
  const { watcher, next, events } = watching(t, [])
  const fill = Array.from({ length: watchedFoldersMax - 1 }, (_, index) => join(root, `none-${index}`))
  watcher.watch([join(root, 'a'), ...fill, join(root, 'b')])
  for (let turns = 0; turns <= watchedFoldersMax / 64; turns++) await turn()
  mkdirSync(join(root, 'b/x'))
  await next(() => mkdirSync(join(root, 'a/x')))
  await turn()
  t.equal(events(), 1, 'the one that was waited for')
  watcher.stop()
  mkdirSync(join(root, 'a/y'))
  for (let turns = 0; turns < 10; turns++) await turn()
  t.equal(events(), 1)
})
