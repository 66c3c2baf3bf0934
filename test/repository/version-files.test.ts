// Which files make up which part of a version's print.
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Prints } from '../../src/repository/fingerprint.ts'
import type { ScannedVersion } from '../../src/repository/scan.ts'
import { filesPerVersionMax } from '../../src/repository/version-files.ts'
import { changed, repository, scanner, summary } from './folders.ts'

const full = {
  'm/model.yaml': 'timeoutMs: 5',
  'm/1/model.onnx': 'graph',
  'm/1/weights.bin': 'weights',
  'm/1/data/more.bin': 'more',
  'm/1/SHA256SUMS': '',
  'm/1/model.yaml': 'description: one',
  'm/1/reference.json': '{}',
  'm/1/warmup/a.json': '{}',
  'm/1/gate/a.yaml': '',
  'm/1/gate/data/set.csv': ''
}

t.test('every file counts for one part of the print, and only for that', async t => {
  const root = repository(t, full)
  const looks = scanner(root)
  const cases: [file: string, part: keyof Prints][] = [
    ['m/1/model.onnx', 'model'],
    ['m/1/weights.bin', 'model'],
    ['m/1/data/more.bin', 'model'],
    ['m/1/SHA256SUMS', 'model'],
    ['m/1/model.yaml', 'manifest'],
    ['m/model.yaml', 'manifest'],
    ['m/1/reference.json', 'reference'],
    ['m/1/warmup/a.json', 'checks'],
    ['m/1/gate/a.yaml', 'checks'],
    ['m/1/gate/data/set.csv', 'checks']
  ]
  let before = await looks.scan()
  t.strictSame(changed(before, await looks.scan()), [])
  const look = async (what: string, parts: readonly string[]): Promise<void> => {
    const after = await looks.scan()
    t.strictSame(changed(before, after), parts, what)
    before = after
  }
  for (const [file, part] of cases) {
    appendFileSync(join(root, file), '\n')
    await look(`${file} grew`, [part])
    utimesSync(join(root, file), 1e9, 1e9)
    await look(`${file} was touched`, [part])
    copyFileSync(join(root, file), join(root, 'm/.copy'))
    utimesSync(join(root, 'm/.copy'), 1e9, 1e9)
    renameSync(join(root, 'm/.copy'), join(root, file))
    await look(`${file} was replaced by its equal`, [part])
  }
  for (const [file, part] of cases.filter(([file]) => file !== 'm/1/model.onnx')) {
    rmSync(join(root, file))
    await look(`${file} was removed`, [part])
    writeFileSync(join(root, file), '')
    await look(`${file} came back`, [part])
  }
  for (const file of ['m/1/.hidden', 'm/notes.txt', 'm/1/warmup/.tmp', 'm/2x']) {
    writeFileSync(join(root, file), '')
    await look(`${file} is nobody's business`, [])
  }
})

t.test('changedMs is the newest time of all files, or of a folder that something was moved into', async t => {
  const root = repository(t, full)
  const looks = scanner(root)
  const folders = ['m/1', 'm/1/data', 'm/1/warmup', 'm/1/gate', 'm/1/gate/data']
  const age = (): void => {
    for (const path of [...Object.keys(full), ...folders]) utimesSync(join(root, path), 1e9, 1e9)
  }
  const changedMs = async (): Promise<number> =>
    (await looks.scan()).models[0]!.versions.at(-1)!.prints.changedMs
  age()
  t.equal(await changedMs(), 1e12)
  for (const path of [...Object.keys(full), ...folders]) {
    utimesSync(join(root, path), 1.5e9, 1.5e9)
    t.equal(await changedMs(), 1.5e12, path)
    age()
  }
  mkdirSync(join(root, 'm/2'))
  t.equal(await changedMs(), 1e12, 'a newer version makes this one no younger')
})

t.test('a version that holds a whole disk is refused', async t => {
  const files = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`.many/${index}`, '']))
  const root = repository(t, { ...files, 'm/1/model.onnx': 'x', 'm/2/model.onnx': 'x' })
  for (let index = 0; index <= 100; index++) symlinkSync('../../.many', join(root, `m/1/${index}`))
  const { models } = await scanner(root).scan()
  const version = models[0]!.versions[1] as ScannedVersion
  t.strictSame(version.problems, [`m/1 holds more than ${filesPerVersionMax} files`])
  t.ok(version.prints.model.length < 100)
})

t.test('files in many folders below each other count down to some depth', async t => {
  const folders = (depth: number): string => 'd/'.repeat(depth)
  const root = repository(t, {
    'm/1/model.onnx': 'x',
    [`m/1/${folders(8)}deep`]: '',
    [`m/1/${folders(9)}deeper`]: ''
  })
  const looks = scanner(root)
  const first = await looks.scan()
  appendFileSync(join(root, `m/1/${folders(9)}deeper`), 'x')
  const second = await looks.scan()
  t.strictSame(changed(first, second), [])
  appendFileSync(join(root, `m/1/${folders(8)}deep`), 'x')
  t.strictSame(changed(second, await looks.scan()), ['model'])
})

t.test('a folder that links to itself ends somewhere', async t => {
  const root = repository(t, { 'm/1/model.onnx': 'x', 'm/1/data/a': '' })
  symlinkSync('.', join(root, 'm/1/self'))
  const looks = scanner(root)
  const first = await looks.scan()
  t.strictSame(summary(first), ['m: 1'])
  truncateSync(join(root, 'm/1/data/a'), 5)
  t.strictSame(changed(first, await looks.scan()), ['model'])
})
