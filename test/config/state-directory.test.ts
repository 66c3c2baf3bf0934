import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openStateDirectory, type StateDirectory } from '../../src/config/state-directory.ts'

/** Runs `work` as somebody whom file permissions bind; the superuser is above them. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work()
  process.seteuid!(65_534)
  try {
    return await work()
  } finally {
    process.seteuid!(0)
  }
}

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

t.test('a log moves aside when a line would take it beyond its limit', async t => {
  const { disk } = await both(t)
  await disk.append('log', '1234', 10)
  await disk.append('log', '5678', 10)
  t.equal(await disk.read('log'), '1234\n5678\n', 'exactly at the limit')
  t.equal(await disk.read('log.1'), undefined)
  await disk.append('log', '9', 10)
  t.equal(await disk.read('log'), '9\n')
  t.equal(await disk.read('log.1'), '1234\n5678\n')
  await disk.append('log', 'much longer than the limit', 10)
  t.equal(await disk.read('log'), 'much longer than the limit\n')
  t.equal(await disk.read('log.1'), '9\n', 'the one before last is gone')
})

t.test('a line longer than the limit moves no empty log', async t => {
  const { disk } = await both(t)
  await disk.append('log', 'too long', 4)
  t.equal(await disk.read('log'), 'too long\n')
  t.equal(await disk.read('log.1'), undefined)
})

t.test('a limit counts bytes, on disk and in memory', async t => {
  const { disk, memory } = await both(t)
  for (const state of [disk, memory]) {
    await state.append('log', 'ä', 6)
    await state.append('log', 'ö', 6)
    t.equal(await state.read('log'), 'ä\nö\n')
    await state.append('log', 'x', 6)
    t.equal(await state.read('log'), 'x\n')
  }
})

t.test('lines appended at the same time keep their order and are all there', async t => {
  const { disk } = await both(t)
  const lines = Array.from({ length: 64 }, (_, index) => `line ${index}`)
  await Promise.all(lines.map(line => disk.append('log', line, 450)))
  const text = `${await disk.read('log.1')}${await disk.read('log')}`
  t.equal(text, lines.map(line => `${line}\n`).join(''))
  t.ok(statSync(join(disk.path!, 'log')).size <= 450)
})

t.test('however long the lines, a log with more than one stays within its limit', async t => {
  const { disk, memory } = await both(t)
  let name = 0
  const line = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(text => !text.includes('\n'))
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      async (lines, max) => {
        name++
        for (const state of [disk, memory]) {
          for (const line of lines) await state.append(`log${name}`, line, max)
          const text = (await state.read(`log${name}`)) ?? ''
          const kept = text.split('\n').slice(0, -1)
          t.ok(kept.length <= 1 || Buffer.byteLength(text) <= max)
          t.strictSame(kept, lines.slice(lines.length - kept.length))
        }
      }
    ),
    { numRuns: 50 }
  )
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
    await state.append('log', 'line', 100)
    t.equal(await state.read('name'), 'text')
    t.equal(await state.read('log'), 'line\n')
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
