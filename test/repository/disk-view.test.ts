import { appendFileSync, chmodSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { contentAgeMaxMs, DiskView, tickMaxMs } from '../../src/repository/disk-view.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { asNobody, repository } from './folders.ts'

const epochSeconds = Date.UTC(2026, 0, 1) / 1000

/** A view on these files, all of them changed so many milliseconds before the clock's time. */
function viewOf(t: Test, files: Readonly<Record<string, string>>, ageMs: number) {
  const root = repository(t, files)
  const age = (...paths: readonly string[]): void => {
    const seconds = epochSeconds - ageMs / 1000
    for (const path of paths) utimesSync(join(root, path), seconds, seconds)
  }
  const clock = new FakeClock()
  return { root, view: new DiskView(root, clock), clock, age }
}

const names = async (view: DiskView, folder: string): Promise<string[]> =>
  (await view.list(folder)).map(({ name, kind }) => `${name} ${kind}`)

/** Counts how often a file was read. */
function reader(view: DiskView, path: string): { read(): Promise<number>; times: number } {
  const counter = {
    times: 0,
    read: () => view.made(path, () => Promise.resolve(++counter.times))
  }
  return counter
}

t.test('what lies at a path', async t => {
  const { view } = viewOf(t, { 'm/a': '12345', 'm/b': '' }, 0)
  t.match(await view.facts('m/a'), { kind: 'file', print: /^\d+:\d+:5:\d+$/ })
  t.match(await view.facts('m'), { kind: 'folder' })
  t.match(await view.facts(''), { kind: 'folder' })
  writeFileSync(join(view.root, 'm/.hidden'), '')
  t.equal(await view.facts('none'), undefined)
  t.equal(await view.facts('m/a/below'), undefined)
  t.strictSame(await names(view, 'm'), ['a file', 'b file'])
  t.strictSame(await names(view, 'none'), [])
  t.equal(await view.isFolder('m'), true)
  t.equal(await view.isFolder('m/a'), false)
  t.equal(await view.isFolder('none'), false)
})

t.test('a folder that was not just changed is listed again only when it changed', async t => {
  const { root, view, age } = viewOf(t, { 'm/a': '' }, tickMaxMs + 1000)
  age('m')
  t.strictSame(await names(view, 'm'), ['a file'])
  writeFileSync(join(root, 'm/b'), '')
  // As if nothing had happened: a stat cannot tell.
  age('m')
  await view.begin()
  t.strictSame(await names(view, 'm'), ['a file'])
  writeFileSync(join(root, 'm/c'), '')
  await view.begin()
  t.strictSame(await names(view, 'm'), ['a file', 'b file', 'c file'])
})

t.test('a folder that was just changed may change again within the same tick', async t => {
  for (const ageMs of [0, tickMaxMs, -1e6]) {
    const { root, view, age } = viewOf(t, { 'm/a': '' }, ageMs)
    age('m')
    t.strictSame(await names(view, 'm'), ['a file'])
    writeFileSync(join(root, 'm/b'), '')
    age('m')
    await view.begin()
    t.strictSame(await names(view, 'm'), ['a file', 'b file'], `${ageMs} ms old`)
  }
})

t.test('after a long time everything is listed and read again', async t => {
  const { root, view, age, clock } = viewOf(t, { 'm/a': '' }, 1e7)
  age('m', 'm/a')
  const file = reader(view, 'm/a')
  await names(view, 'm')
  await file.read()
  writeFileSync(join(root, 'm/b'), '')
  age('m')
  await clock.advance(contentAgeMaxMs - 1)
  await view.begin()
  t.ok(view.isUnchanged('m'))
  t.strictSame([await names(view, 'm'), await file.read()], [['a file'], 1])
  await clock.advance(1)
  await view.begin()
  t.notOk(view.isUnchanged('m'))
  t.strictSame([await names(view, 'm'), await file.read()], [['a file', 'b file'], 2])
})

t.test('a file is read again when it changed, or was just changed', async t => {
  const { root, view, age } = viewOf(t, { 'm/old': 'x', 'm/young': 'x' }, 10_000)
  age('m/old')
  const [old, young] = [reader(view, 'm/old'), reader(view, 'm/young')]
  for (let look = 1; look <= 3; look++) {
    await old.read()
    await young.read()
    await view.begin()
  }
  t.strictSame([old.times, young.times], [1, 3])
  t.equal(await old.read(), 1)
  appendFileSync(join(root, 'm/old'), 'y')
  age('m/old')
  await view.begin()
  t.equal(await old.read(), 2, 'another size at the same time')
})

t.test('whether anything changed below a folder of the root', async t => {
  const { root, view, age } = viewOf(t, { 'm/1/a': 'x', 'n/a': 'x' }, 10_000)
  age('m/1/a', 'm/1', 'm', 'n/a', 'n')
  const look = async (...more: readonly string[]): Promise<void> => {
    for (const path of ['m/1/a', 'n/a', ...more]) await view.facts(path)
    for (const path of ['m', 'm/1', 'n']) await view.list(path)
  }
  await look()
  t.notOk(view.isUnchanged('m'), 'nothing is known before the second look')
  const state = async (): Promise<boolean[]> => {
    await view.begin()
    return ['m', 'n', 'other'].map(top => view.isUnchanged(top))
  }
  t.strictSame(await state(), [true, true, false])
  t.strictSame(await state(), [true, true, false], 'which is as good as a look')
  appendFileSync(join(root, 'm/1/a'), 'y')
  t.strictSame(await state(), [false, true, false])
  await look()
  t.strictSame(await state(), [true, true, false])
  await look('n/missing')
  t.strictSame(await state(), [true, false, false], 'what was looked for in vain may have come')
  await look()
  t.strictSame(await state(), [true, true, false])
  mkdirSync(join(root, 'n/new'))
  t.strictSame(await state(), [true, false, false])
  rmSync(join(root, 'm/1/a'))
  t.strictSame(await state(), [false, false, false])
})

t.test('what cannot be read counts as it was, and is no secret', async t => {
  const { root, view } = viewOf(t, { 'm/1/a': 'x', 'm/b': 'x' }, 0)
  const b = reader(view, 'm/b')
  const before = await view.facts('m/1/a')
  t.strictSame(await names(view, 'm/1'), ['a file'])
  await b.read()
  chmodSync(join(root, 'm/1'), 0o000)
  await asNobody(async () => {
    await view.begin()
    t.strictSame(await view.facts('m/1/a'), before)
    t.strictSame(await names(view, 'm/1'), ['a file'])
    t.notOk(view.isUnchanged('m'))
  })
  chmodSync(join(root, 'm/1'), 0o755)
  t.strictSame(view.troubles, [
    'm/1/a cannot be read (EACCES); what was there before still counts',
    'folder m/1 cannot be read (EACCES); what was there before still counts'
  ])
  await view.begin()
  t.strictSame(view.troubles, [])
  rmSync(join(root, 'm/1/a'))
  await view.begin()
  t.equal(await view.facts('m/1/a'), undefined, 'what is gone is gone')
})

t.test('a look that fails is as if it had not begun', async t => {
  const { view, age } = viewOf(t, { 'm/a': 'x' }, 10_000)
  age('m', 'm/a')
  const file = reader(view, 'm/a')
  await file.read()
  await view.begin()
  view.abandon()
  await view.begin()
  t.ok(view.isUnchanged('m'))
  t.equal(await file.read(), 1)
})
