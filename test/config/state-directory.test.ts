import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import {
  memoryLogBytesMax,
  openStateDirectory,
  type StateDirectory
} from '../../src/config/state-directory.ts'
import { all } from '../helpers/all.ts'
import { asNobody } from '../helpers/nobody.ts'

const roomy = { fileBytesMax: 2 ** 20, filesMax: 2 }

const newestFirst = (state: StateDirectory, name: string): Promise<string[]> => all(state.newestFirst(name))

/** A state directory on disk, and one in memory because a file stands where its folder should be. */
async function both(t: Test): Promise<{ disk: StateDirectory; memory: StateDirectory }> {
  const root = t.testdir({ 'in-the-way': 'a file' })
  return {
    disk: await openStateDirectory(join(root, 'state')),
    memory: await openStateDirectory(join(root, 'in-the-way'))
  }
}

t.test('a folder is made where it is missing, parents too, and left clean', async t => {
  const path = join(t.testdir({}), 'a', 'b')
  const state = await openStateDirectory(path)
  t.equal(state.path, path)
  t.equal(state.problem, undefined)
  t.strictSame(readdirSync(path), [])
})

t.test('a relative path means the folder where the process stands now', async t => {
  const root = t.testdir({ elsewhere: {} })
  process.chdir(root)
  const state = await openStateDirectory('state')
  process.chdir('elsewhere')
  await state.write('name', 'text')
  t.equal(state.path, resolve(root, 'state'))
  t.equal(readFileSync(join(root, 'state', 'name'), 'utf8'), 'text')
})

t.test('what is written is read again, by the next process too', async t => {
  const { disk, memory } = await both(t)
  for (const state of [disk, memory]) {
    t.equal(await state.read('name'), undefined)
    await state.write('name', 'first, longer text')
    await state.write('name', 'läst 😀\n')
    await state.write('other', '')
    t.equal(await state.read('name'), 'läst 😀\n')
    t.equal(await state.read('other'), '')
  }
  t.equal(await (await openStateDirectory(disk.path!)).read('name'), 'läst 😀\n')
  t.strictSame(readdirSync(disk.path!), ['name', 'other'], 'nothing half-written stays')
})

t.test('a write that fails leaves the old text, and the next one works', async t => {
  const { disk } = await both(t)
  await disk.write('name', 'old')
  // A folder where the fresh text is put first.
  mkdirSync(join(disk.path!, '.name.new'))
  await t.rejects(disk.write('name', 'new'), { code: 'EISDIR' })
  t.equal(await disk.read('name'), 'old')
  await disk.write('other', 'fine')
  t.equal(await disk.read('other'), 'fine')
})

t.test('the old text is replaced, never written over', async t => {
  const { disk } = await both(t)
  await disk.write('name', 'old')
  const before = statSync(join(disk.path!, 'name')).ino
  await disk.write('name', 'new')
  t.not(statSync(join(disk.path!, 'name')).ino, before)
})

t.test('writes at the same time: the last one holds, and none fails', async t => {
  const { disk } = await both(t)
  const texts = Array.from({ length: 32 }, (_, index) => String(index).repeat(10_000 - index * 300))
  await Promise.all(texts.map(text => disk.write('name', text)))
  t.equal(await disk.read('name'), texts.at(-1))
})

t.test('a log is read from its newest line, on disk and in memory, and is apart from texts', async t => {
  const { disk, memory } = await both(t)
  for (const state of [disk, memory]) {
    t.strictSame(await newestFirst(state, 'log'), [])
    await state.append('log', 'first', roomy)
    await state.append('other', 'elsewhere', roomy)
    await state.append('log', 'läst 😀', roomy)
    t.strictSame(await newestFirst(state, 'log'), ['läst 😀', 'first'])
  }
})

t.test('lines appended at the same time keep their order and are all there', async t => {
  const { disk, memory } = await both(t)
  const lines = Array.from({ length: 64 }, (_, index) => `line ${index}`)
  for (const state of [disk, memory]) {
    await Promise.all(lines.map(line => state.append('log', line, { fileBytesMax: 100, filesMax: 8 })))
    t.strictSame(await newestFirst(state, 'log'), lines.toReversed())
  }
  for (const name of readdirSync(disk.path!)) t.ok(statSync(join(disk.path!, name)).size <= 100, name)
})

t.test('in memory a log forgets its oldest lines at the limits that it would have on disk', async t => {
  const { memory } = await both(t)
  const limits = { fileBytesMax: 8, filesMax: 2 }
  for (const line of ['ä23', 'b23', 'c23', 'd23']) await memory.append('log', line, limits)
  t.strictSame(await newestFirst(memory, 'log'), ['d23', 'c23', 'b23'], '17 bytes are one too many')
  await memory.append('log', 'e', limits)
  t.strictSame(await newestFirst(memory, 'log'), ['e', 'd23', 'c23', 'b23'])
  await memory.append('log', 'longer than all files together', limits)
  t.strictSame(await newestFirst(memory, 'log'), ['longer than all files together'])
})

t.test('in memory a log stays small whatever its limits on disk', async t => {
  const { memory } = await both(t)
  const line = 'x'.repeat(memoryLogBytesMax / 4 - 1)
  for (let index = 0; index < 6; index++)
    await memory.append('log', line, { fileBytesMax: 2 ** 30, filesMax: 1000 })
  t.equal((await newestFirst(memory, 'log')).length, 4)
})

t.test('a file where the folder or its parent should be: memory, with the reason', async t => {
  const root = t.testdir({ 'in-the-way': 'a file' })
  const cases: [path: string, code: string][] = [
    ['in-the-way', 'EEXIST'],
    ['in-the-way/state', 'ENOTDIR']
  ]
  for (const [path, code] of cases) {
    const state = await openStateDirectory(join(root, path))
    t.equal(state.path, undefined)
    t.equal(state.problem, `${join(root, path)} cannot be written (${code})`)
    await state.write('name', 'text')
    await state.append('log', 'line', roomy)
    t.equal(await state.read('name'), 'text')
    t.strictSame(await newestFirst(state, 'log'), ['line'])
  }
  t.equal(readFileSync(join(root, 'in-the-way'), 'utf8'), 'a file')
})

t.test('a folder that may not be written: memory, with the reason', async t => {
  const root = t.testdir({ state: {}, closed: {} })
  writeFileSync(join(root, 'state', 'name'), 'from before')
  chmodSync(join(root, 'state'), 0o555)
  chmodSync(join(root, 'closed'), 0o000)
  const [state, below] = await asNobody(() =>
    Promise.all([openStateDirectory(join(root, 'state')), openStateDirectory(join(root, 'closed', 'state'))])
  )
  chmodSync(join(root, 'closed'), 0o755)
  t.match(state, { path: undefined, problem: `${join(root, 'state')} cannot be written (EACCES)` })
  t.match(below, { path: undefined, problem: /EACCES/ })
  t.equal(await state.read('name'), undefined)
})

t.test('a text that may not be read is no text', async t => {
  const { disk } = await both(t)
  await disk.write('name', 'text')
  chmodSync(join(disk.path!, 'name'), 0o000)
  t.equal(await asNobody(() => disk.read('name')), undefined)
})

t.test('two that open the same folder at once both get it', async t => {
  const path = join(t.testdir({}), 'state')
  const all = await Promise.all(Array.from({ length: 200 }, () => openStateDirectory(path)))
  t.ok(all.every(state => state.path === path))
  t.strictSame(readdirSync(path), [])
})

t.test('a secret is for nobody else to read, whatever a crash left in its way', async t => {
  const { disk, memory } = await both(t)
  const modeOf = (name: string): number => statSync(join(disk.path!, name)).mode & 0o777
  writeFileSync(join(disk.path!, '.key.new'), 'half', { mode: 0o644 })
  await disk.write('key', 'secret', { secret: true })
  t.equal(modeOf('key'), 0o600)
  t.equal(await disk.read('key'), 'secret')
  await disk.write('key', 'another', { secret: true })
  t.equal(modeOf('key'), 0o600)
  await disk.write('plain', 'text')
  t.equal(modeOf('plain'), 0o666 & ~process.umask())
  await memory.write('key', 'secret', { secret: true })
  t.equal(await memory.read('key'), 'secret')
})
