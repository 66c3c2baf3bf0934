// Files that change under a session: the runtime maps data files, and a mapped file that is truncated ends the process.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { DataFile } from '../../src/backend/backend.ts'
import { openOnnxSession } from '../../src/backend/onnx-session.ts'
import { privateModel } from '../../src/backend/private-data.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { plus } from '../helpers/models.ts'
import { graph, type Initializer, onnxModel } from '../helpers/onnx-model.ts'

/** Several pages, so that the runtime maps it. */
const length = 2 ** 18

const w = (location: string): Initializer => ({
  name: 'w',
  datatype: 'FP32',
  shape: [length],
  data: { location, length: 4 * length }
})
const x = { name: 'x', datatype: 'FP32', shape: ['batch', length] } as const
const y = { name: 'y', datatype: 'FP32', shape: ['batch', length] } as const

/** `y = x + w`; `w` lies in another file. */
const flat = (location = 'w.bin'): Uint8Array =>
  onnxModel({
    inputs: [x],
    outputs: [y],
    initializers: [w(location)],
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }]
  })

/** The same in a branch, where only a file can give the runtime `w`. */
const nested = (): Uint8Array => {
  const branch = (...nodes: Parameters<typeof graph>[0]['nodes']): Uint8Array =>
    graph({ inputs: [], outputs: [{ ...y, name: 'z' }], initializers: [w('w.bin')], nodes })
  const then_branch = { graph: branch({ op: 'Add', inputs: ['x', 'w'], outputs: ['z'] }) }
  const else_branch = { graph: branch({ op: 'Sub', inputs: ['x', 'w'], outputs: ['z'] }) }
  const yes: Initializer = { name: 'yes', datatype: 'BOOL', shape: [1], data: [1] }
  const total = { op: 'ReduceSum', inputs: ['x'], outputs: ['total'], attributes: { keepdims: 0 } }
  return onnxModel({
    inputs: [x],
    outputs: [y],
    initializers: [yes, { name: 'none', datatype: 'FP32', shape: [], data: [-1] }],
    nodes: [
      // Depends on x, so that the optimizer leaves the branch where it is.
      total,
      { op: 'Greater', inputs: ['total', 'none'], outputs: ['is'] },
      { op: 'If', inputs: ['is'], outputs: ['y'], attributes: { then_branch, else_branch } }
    ]
  })
}

const bytesOf = (value: number): Uint8Array => new Uint8Array(new Float32Array(length).fill(value).buffer)

function folderOf(t: Test, model: Uint8Array): { path: string; dataFiles: DataFile[] } {
  const folder = repository(t, { 'model.onnx': model, 'w.bin': bytesOf(1) })
  return {
    path: join(folder, 'model.onnx'),
    dataFiles: [{ location: 'w.bin', path: join(folder, 'w.bin') }]
  }
}

/** Where copies go in this test; a folder that is not there has none made. */
function temporary(t: Test, make = true): string {
  const before = process.env['TMPDIR']
  const place = mkdtempSync(join(tmpdir(), 'kedge-test-'))
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    rmSync(place, { recursive: true, force: true })
  })
  if (!make) rmSync(place, { recursive: true })
  process.env['TMPDIR'] = place
  return place
}

async function sessionOn(
  t: Test,
  path: string,
  dataFiles: readonly DataFile[],
  publicOnly = false,
  graphOptimization: 'all' | 'disabled' = 'all'
) {
  const session = await openOnnxSession({ path, dataFiles, graphOptimization, threads: 1 }, publicOnly)
  t.teardown(() => session.release())
  const input: NamedTensor = {
    name: 'x',
    datatype: 'FP32',
    shape: [1, length],
    data: new Float32Array(length)
  }
  return async () => {
    const { data } = (await session.run([input], ['y'])).outputs[0]!
    return [data[0], data.at(-1)]
  }
}

/** Files overwritten and truncated where they are, as `cp` does it. */
const changes: readonly (readonly [string, (path: string) => void])[] = [
  ['overwritten', path => writeFileSync(path, bytesOf(7), { flag: 'r+' })],
  ['truncated', path => truncateSync(path, 0)],
  ['removed', path => rmSync(path)]
]

for (const publicOnly of [false, true]) {
  for (const [name, model] of [
    ['flat', flat()],
    ['nested', nested()]
  ] as const) {
    t.test(`${name}, ${publicOnly ? 'public' : 'native'}: a session does not notice its files`, async t => {
      const place = temporary(t)
      const { path, dataFiles } = folderOf(t, model)
      const run = await sessionOn(t, path, dataFiles, publicOnly, publicOnly ? 'disabled' : 'all')
      t.strictSame(readdirSync(place), [], 'and leaves nothing behind')
      t.strictSame(await run(), [1, 1])
      for (const [what, change] of changes) {
        for (const file of [path, dataFiles[0]!.path]) change(file)
        t.strictSame(await run(), [1, 1], what)
      }
    })
  }
}

t.test('without a place for copies, data is read into memory', async t => {
  temporary(t, false)
  for (const publicOnly of [false, true]) {
    const { path, dataFiles } = folderOf(t, flat())
    const run = await sessionOn(t, path, dataFiles, publicOnly)
    for (const [what, change] of changes) {
      for (const file of [path, dataFiles[0]!.path]) change(file)
      t.strictSame(await run(), [1, 1], what)
    }
  }
  const { path, dataFiles } = folderOf(t, nested())
  process.chdir(dirname(path))
  await t.rejects(
    sessionOn(t, path, dataFiles),
    { message: /w\.bin.* \(its data files could not be copied to .*, so they were read into memory: ENOENT/ },
    'what can only be mapped is refused, be it in the working folder'
  )
})

t.test('every spelling of a location is found, and links are followed', async t => {
  temporary(t)
  for (const location of ['./w.bin', 'data/w.bin', 'data/../w.bin']) {
    const { path, dataFiles } = folderOf(t, flat(location))
    const run = await sessionOn(t, path, [{ location, path: dataFiles[0]!.path }])
    t.strictSame(await run(), [1, 1], location)
  }
  const { path, dataFiles } = folderOf(t, flat())
  const link = join(dirname(path), 'link.bin')
  symlinkSync(basename(dataFiles[0]!.path), link)
  t.strictSame(await (await sessionOn(t, path, [{ location: 'w.bin', path: link }]))(), [1, 1])
})

t.test('files that cannot be read keep the session from opening, and nothing is left', async t => {
  const place = temporary(t)
  const { path, dataFiles } = folderOf(t, flat())
  rmSync(dataFiles[0]!.path)
  await t.rejects(sessionOn(t, path, dataFiles), { code: 'ENOENT' })
  writeFileSync(dataFiles[0]!.path, 'short')
  await t.rejects(sessionOn(t, path, dataFiles), { message: /w\.bin|out of bounds/ })
  t.strictSame(readdirSync(place), [])
})

t.test('what killed processes left is removed after a day', async t => {
  const place = temporary(t)
  for (const name of ['kedge-data-old', 'kedge-data-new', 'other']) mkdirSync(join(place, name))
  const yesterday = Date.now() / 1000 - 90_000
  for (const name of ['kedge-data-old', 'other']) utimesSync(join(place, name), yesterday, yesterday)
  const { path, dataFiles } = folderOf(t, flat())
  const { discard } = await privateModel(path, dataFiles, place)
  t.equal(readdirSync(place).length, 3)
  await discard()
  t.strictSame(readdirSync(place).sort(), ['kedge-data-new', 'other'])
})

t.test('a model that is one file is read once', async t => {
  const path = join(repository(t, { 'model.onnx': plus(1) }), 'model.onnx')
  const session = await openOnnxSession({ path, graphOptimization: 'disabled', threads: 1 })
  t.teardown(() => session.release())
  const input: NamedTensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) }
  for (const [what, change] of changes) {
    change(path)
    const { outputs } = await session.run([input], ['y'])
    t.strictSame(outputs[0]?.data, Float32Array.of(2, 3), what)
  }
})
