// A model's folder that changes between two looks.
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { repository, scanner, summary } from './folders.ts'

t.test('manifests that changed are read again, those that did not are the same object', async t => {
  const root = repository(t, { 'm/1/model.onnx': 'x', 'm/2/model.onnx': 'x', 'm/model.yaml': 'timeoutMs: 5' })
  utimesSync(join(root, 'm/model.yaml'), 1e9, 1e9)
  const looks = scanner(root)
  const first = await looks.scan()
  mkdirSync(join(root, 'm/3'))
  const again = await looks.scan()
  t.equal(again.models[0]!.manifest, first.models[0]!.manifest)
  t.equal(again.models[0]!.versions.at(-1)!.manifest, first.models[0]!.versions.at(-1)!.manifest)
  rmSync(join(root, 'm/3'), { recursive: true })
  // Same length, and likely within one tick of the file system's clock.
  writeFileSync(join(root, 'm/model.yaml'), 'timeoutMs: 6')
  writeFileSync(join(root, 'm/1/model.yaml'), 'description: x')
  const third = await looks.scan()
  t.match(third.models[0], {
    manifest: { timeoutMs: 6 },
    versions: [{ manifest: { timeoutMs: 6 } }, { manifest: { timeoutMs: 6, description: 'x' } }]
  })
})

t.test('odd folders: a warning, never a crash, and others are not disturbed', async t => {
  const root = repository(t, { 'm/1/model.onnx': 'x' })
  const looks = scanner(root)
  await looks.scan()
  for (const name of ['01', '-1', 'v2', '2.5']) {
    mkdirSync(join(root, 'm', name))
    writeFileSync(join(root, 'm', name, 'model.onnx'), 'x')
    const found = await looks.scan()
    t.strictSame(summary(found), ['m: 1'])
    t.match(found.warnings, [new RegExp(`^folder "m/${name}" is ignored: versions are whole numbers`)])
    rmSync(join(root, 'm', name), { recursive: true })
  }
  t.strictSame((await looks.scan()).warnings, [])
})
