import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { repository, scan, summary } from './folders.ts'

const one = { 'm/1/model.onnx': 'x' }

t.test('models and versions with their manifests, in a fixed order', async t => {
  const root = repository(t, {
    'b/1/model.onnx': 'x',
    'a/2/model.onnx': 'x',
    'a/10/model.onnx': 'x',
    'a/10/model.yaml': 'timeoutMs: 10',
    'a/model.yaml': 'timeoutMs: 5\nlabels: { stable: 2 }',
    'a/README.md': '',
    'README.md': '',
    '.git/1/model.onnx': 'x',
    'a/.tmp/model.onnx': 'x'
  })
  const found = await scan(root)
  t.strictSame(summary(found), ['a: 10 2', 'b: 1'])
  t.strictSame(found.warnings, [])
  const [a] = found.models
  t.match(a, { manifest: { timeoutMs: 5, labels: { stable: 2 } } })
  t.match(a!.versions, [
    {
      version: 10,
      root,
      folder: 'a/10',
      file: 'a/10/model.onnx',
      manifest: { timeoutMs: 10, labels: { stable: 2 } }
    },
    { version: 2, root, folder: 'a/2', file: 'a/2/model.onnx', manifest: { timeoutMs: 5 } }
  ])
})

t.test('an empty repository is read, and holds nothing', async t => {
  t.strictSame(await scan(repository(t, {})), { models: [], warnings: [], pending: [] })
})

t.test('other folders are ignored with a warning', async t => {
  const root = repository(t, {
    ...one,
    'stats/1/model.onnx': 'x',
    '_x/': '',
    'm/v2/model.onnx': 'x',
    'm/01/': '',
    'm/0/': ''
  })
  const found = await scan(root)
  t.strictSame(summary(found), ['m: 1'])
  t.match([...found.warnings].sort(), [
    /^folder "_x" is ignored: a model's name is 1 to 128 letters/,
    /^folder "m\/0" is ignored: versions are whole numbers from 1, without leading zeros$/,
    /^folder "m\/01" is ignored/,
    /^folder "m\/v2" is ignored/,
    /^folder "stats" is ignored: .* and is not 'stats'$/
  ])
})

t.test('what is missing in a model breaks that model alone', async t => {
  const root = repository(t, {
    ...one,
    'empty/': '',
    'bare/1/': '',
    'bare/2/model.onnx': 'x',
    'folder/1/model.onnx/': ''
  })
  const found = await scan(root)
  t.strictSame(summary(found), ['bare: 2 1!', 'empty!: ', 'folder: 1!', 'm: 1'])
  const [bare, empty, folder] = found.models
  t.strictSame(empty!.problems, ['model empty has no version: expected empty/1/model.onnx'])
  t.strictSame(bare!.versions[1]!.problems, ['bare/1/model.onnx is missing'])
  t.strictSame(folder!.versions[0]!.problems, ['folder/1/model.onnx is not a file'])
})

t.test('a broken model.yaml breaks its model, that of a version only the version', async t => {
  const root = repository(t, {
    'a/1/model.onnx': 'x',
    'a/model.yaml': 'timeoutMs: soon',
    'b/1/model.onnx': 'x',
    'b/1/model.yaml': 'labels: {}',
    'b/2/model.onnx': 'x',
    'c/1/model.onnx': 'x',
    'c/model.yaml': 'a: [',
    'd/model.yaml': 'timeoutMs: 0',
    'd/1/model.onnx': 'x',
    'd/1/model.yaml': 'timeoutMs: 1'
  })
  const found = await scan(root)
  t.strictSame(summary(found), ['a!: 1!', 'b: 2 1!', 'c!: 1!', 'd!: 1'])
  t.match(found.models[0], { manifest: undefined, problems: [/^a\/model\.yaml: timeoutMs: /] })
  t.match(found.models[1]!.versions[1], { manifest: undefined, problems: [/^b\/1\/model\.yaml: labels: /] })
  t.match(found.models[2]!.versions[0], { manifest: undefined, problems: [/^c\/model\.yaml: /] })
})

t.test('the repository itself may be a link', async t => {
  const root = repository(t, one)
  symlinkSync('root', join(root, '../link'))
  const found = await scan(join(root, '../link'))
  t.strictSame(summary(found), ['m: 1'])
  t.equal(found.models[0]!.versions[0]!.root, root)
})

t.test('a name in two repositories is served from neither', async t => {
  const root = repository(t, {
    'r1/m/1/model.onnx': 'x',
    'r1/a/1/model.onnx': 'x',
    'r2/m/2/model.onnx': 'x',
    'r2/b/1/model.onnx': 'x'
  })
  const found = await scan([join(root, 'r1'), join(root, 'r2')])
  t.strictSame(summary(found), ['a: 1', 'b: 1', 'm!: 2!'])
  t.match(found.models[2], {
    manifest: undefined,
    problems: [/^model m is in more than one of the repositories .*; keep one$/]
  })
})

t.test('models, versions and manifests have limits', async t => {
  const root = repository(t, {
    'a/1/model.onnx': 'x',
    'a/2/model.onnx': 'x',
    'a/10/model.onnx': 'x',
    'b/1/model.onnx': 'x',
    'c/': ''
  })
  const found = await scan(root, { modelsMax: 2, versionsPerModelMax: 2 })
  t.strictSame(summary(found), ['a: 10 2', 'b: 1'])
  t.strictSame(found.warnings, [
    'model a: 3 versions found, only the highest 2 are looked at',
    '3 models found, only the first 2 are looked at'
  ])
  const exact = await scan(root, { modelsMax: 3, versionsPerModelMax: 3 })
  t.strictSame([exact.models.length, exact.warnings], [3, []])
  writeFileSync(join(root, 'b/model.yaml'), '#'.repeat(1024))
  t.strictSame(summary(await scan(root, { manifestBytesMax: 1024 })), ['a: 10 2 1', 'b: 1', 'c!: '])
  truncateSync(join(root, 'b/model.yaml'), 2 ** 40)
  const huge = await scan(root)
  t.match(huge.models[1]!.problems, [/^b\/model\.yaml has 1099511627776 bytes, at most 1048576 are allowed$/])
})
