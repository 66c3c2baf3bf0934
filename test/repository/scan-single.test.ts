// Repositories that are one model, as KServe mounts them.
import { execFileSync } from 'node:child_process'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { repository, scan, summary } from './folders.ts'

const one = { 'm/1/model.onnx': 'x' }

t.test('a folder with one .onnx file is version 1 of one model', async t => {
  const root = repository(t, {
    'net.onnx': 'x',
    'model.yaml': 'timeoutMs: 7',
    'README.md': '',
    '.hidden.onnx': '',
    'data/x': ''
  })
  const found = await scan(root)
  t.strictSame(found.warnings, [])
  t.match(found.models, [
    {
      name: 'root',
      problems: [],
      versions: [{ version: 1, root, folder: '', file: 'net.onnx', manifest: { timeoutMs: 7 } }]
    }
  ])
  t.equal((await scan(root, { modelName: 'churn' })).models[0]!.name, 'churn')
  writeFileSync(join(root, 'model.yaml'), 'timeoutMs: 0')
  const broken = await scan(root)
  t.strictSame(summary(broken), ['root!: 1!'])
  t.match(broken.models[0]!.versions[0]!.problems, [/^model\.yaml: timeoutMs: /])
})

t.test('a folder with version folders is one model', async t => {
  const root = repository(t, {
    '1/model.onnx': 'x',
    '3/model.onnx': 'x',
    '3/model.yaml': 'timeoutMs: 3',
    '4/': '',
    'model.yaml': 'timeoutMs: 7',
    'lost+found/': ''
  })
  const found = await scan(root, { modelName: 'churn' })
  t.strictSame(summary(found), ['churn: 4! 3 1'])
  t.match(found.models[0]!.versions, [
    {},
    { folder: '3', file: '3/model.onnx', manifest: { timeoutMs: 3 } },
    {}
  ])
  t.match(found.warnings, [/^folder "lost\+found" is ignored: versions are whole numbers/])
  t.strictSame(summary(await scan(root)), ['root: 4! 3 1'])
})

t.test('a single model as Kubernetes mounts it from a ConfigMap', async t => {
  const root = repository(t, { '..2026_11_23/model.onnx': 'x', '..2026_11_23/model.yaml': 'timeoutMs: 7' })
  symlinkSync('..2026_11_23', join(root, '..data'))
  for (const name of ['model.onnx', 'model.yaml']) symlinkSync(join('..data', name), join(root, name))
  t.match(await scan(root), {
    models: [{ manifest: { timeoutMs: 7 }, versions: [{ problems: [] }] }],
    warnings: []
  })
})

t.test('a folder that cannot name a model leaves the name to --model-name, or to chance', async t => {
  const root = repository(t, { 'my model/net.onnx': 'x', 'stats/1/model.onnx': 'x' })
  t.strictSame(summary(await scan(join(root, 'my model'))), ['model: 1'])
  t.strictSame(summary(await scan(join(root, 'stats'))), ['model: 1'])
  t.strictSame(summary(await scan(join(root, 'stats'), { modelName: 'x' })), ['x: 1'])
})

t.test('a name that no model can have is refused, whatever is in the repository', async t => {
  for (const modelName of ['stats', 'a/b', '..', '', 'x'.repeat(129)]) {
    const refusal = { name: 'RepositoryError', message: /^".*" cannot be a model's name: / }
    await t.rejects(scan(repository(t, one), { modelName }), refusal, modelName)
  }
  t.strictSame(summary(await scan(repository(t, one), { modelName: 'other' })), ['m: 1'], 'not used')
})

t.test('a single file beside models hides them, and says so', async t => {
  const root = repository(t, {
    ...one,
    'net.onnx': 'x',
    '2/model.onnx': 'x',
    'weights/w.bin': '',
    'plain/': ''
  })
  const found = await scan(root)
  t.strictSame(summary(found), ['root: 1'])
  t.strictSame(found.warnings, [
    `folder "2" is ignored: 'net.onnx' beside it is the only model`,
    `folder "m" is ignored: 'net.onnx' beside it is the only model`
  ])
})

t.test('several files are no single model, and are not overlooked', async t => {
  const root = repository(t, { ...one, 'b.onnx': 'x', 'a.onnx': 'x' })
  const found = await scan(root)
  t.strictSame(summary(found), ['m: 1'])
  t.strictSame(found.warnings, [
    "'a.onnx', 'b.onnx' are ignored: a repository of one model holds a single .onnx file"
  ])
})

t.test('a folder whose name ends in .onnx is a model like any other', async t => {
  const root = repository(t, { ...one, 'net.onnx/1/model.onnx': 'x' })
  t.strictSame(summary(await scan(root)), ['m: 1', 'net.onnx: 1'])
})

t.test('a single file that is none, or leads out, is a model with a problem', async t => {
  const root = repository(t, {})
  const path = join(root, 'net.onnx')
  const cases: [make: () => void, problem: string][] = [
    [() => execFileSync('mkfifo', [path]), 'net.onnx is not a file'],
    [() => symlinkSync('../outside/1/model.onnx', path), 'net.onnx leads outside of the repository'],
    [() => symlinkSync('nowhere', path), 'net.onnx is missing']
  ]
  for (const [make, problem] of cases) {
    make()
    const found = await scan(root)
    t.strictSame(
      found.models.map(model => model.versions[0]!.problems),
      [[problem]]
    )
    rmSync(path)
  }
})
