// What a scan does with links, pipes and folders that may not be read.
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { asNobody, repository, scan, summary } from './folders.ts'

const one = { 'm/1/model.onnx': 'x' }

t.test('links that lead out are refused, wherever they are', async t => {
  const root = repository(t, {
    'a/1/model.onnx': 'x',
    'b/1/': '',
    'c/1/model.onnx': 'x',
    'd/1/model.onnx': 'x'
  })
  const outside = join(root, '../outside')
  symlinkSync(join(outside, '1'), join(root, 'a/2'))
  symlinkSync(join(outside, '1/model.onnx'), join(root, 'b/1/model.onnx'))
  symlinkSync(join(outside, 'model.yaml'), join(root, 'c/model.yaml'))
  symlinkSync('../../../outside/model.yaml', join(root, 'd/1/model.yaml'))
  symlinkSync('../outside', join(root, 'e'))
  const found = await scan(root)
  t.strictSame(summary(found), ['a: 2! 1', 'b: 1!', 'c!: 1!', 'd: 1!', 'e!: '])
  const lines = found.models.flatMap(model => [
    model.problems,
    ...model.versions.map(version => version.problems)
  ])
  t.strictSame([...new Set(lines.flat())].sort(), [
    'a/2/model.onnx leads outside of the repository',
    'b/1/model.onnx leads outside of the repository',
    'c/model.yaml leads outside of the repository',
    'd/1/model.yaml leads outside of the repository',
    'e leads outside of the repository',
    'e/model.yaml leads outside of the repository'
  ])
})

t.test('links that stay inside are followed, as Kubernetes makes them', async t => {
  const root = repository(t, {
    '..2026_11_23/model.onnx': 'x',
    '..2026_11_23/model.yaml': 'timeoutMs: 7',
    'm/1/': '',
    'shared/1/model.onnx': 'x'
  })
  symlinkSync('..2026_11_23', join(root, '..data'))
  for (const name of ['model.onnx', 'model.yaml'])
    symlinkSync(join('../../..data', name), join(root, 'm/1', name))
  symlinkSync('shared', join(root, 'alias'))
  symlinkSync('../shared/1', join(root, 'm/2'))
  const found = await scan(root)
  t.strictSame(summary(found), ['alias: 1', 'm: 2 1', 'shared: 1'])
  t.strictSame(found.warnings, [])
  t.match(found.models[1]!.versions[1], { manifest: { timeoutMs: 7 } })
})

t.test('links to nothing and in circles', async t => {
  const root = repository(t, { ...one, 'a/1/': '' })
  symlinkSync('nowhere', join(root, 'gone'))
  symlinkSync('circle', join(root, 'circle'))
  symlinkSync('model.onnx', join(root, 'a/1/model.onnx'))
  symlinkSync('model.yaml', join(root, 'a/1/model.yaml'))
  const found = await scan(root)
  t.strictSame(summary(found), ['a: 1!', 'm: 1'])
  t.strictSame(found.models[0]!.versions[0]!.problems, [
    'a/1/model.yaml cannot be read (ELOOP)',
    'a/1/model.onnx cannot be read (ELOOP)'
  ])
})

t.test('a pipe in place of a file keeps nobody waiting', async t => {
  const root = repository(t, { ...one, 'a/1/': '' })
  for (const pipe of ['m/model.yaml', 'a/1/model.yaml', 'a/1/model.onnx', 'pipe'])
    execFileSync('mkfifo', [join(root, pipe)])
  const found = await scan(root)
  t.strictSame(summary(found), ['a: 1!', 'm!: 1!'])
  t.strictSame(found.models[0]!.versions[0]!.problems, [
    'a/1/model.yaml is not a file',
    'a/1/model.onnx is not a file'
  ])
  t.strictSame(found.models[1]!.problems, ['m/model.yaml is not a file'])
})

t.test('what may not be read breaks the model that it belongs to', async t => {
  const root = repository(t, {
    ...one,
    'a/1/model.onnx': 'x',
    'b/1/model.onnx': 'x',
    'c/model.yaml': '',
    'c/1/model.onnx': 'x'
  })
  const closed = [join(root, 'a'), join(root, 'b/1'), join(root, 'c/model.yaml')]
  for (const path of closed) chmodSync(path, 0o000)
  const found = await asNobody(() => scan(root))
  for (const path of closed) chmodSync(path, 0o755)
  t.strictSame(summary(found), ['a!: ', 'b: 1!', 'c!: 1!', 'm: 1'])
  t.strictSame(found.models[0]!.problems, [
    'a/model.yaml cannot be read (EACCES)',
    'folder a cannot be read (EACCES)'
  ])
  t.strictSame(found.models[1]!.versions[0]!.problems, [
    'b/1/model.yaml cannot be read (EACCES)',
    'b/1/model.onnx cannot be read (EACCES)'
  ])
  t.strictSame(found.models[2]!.problems, ['c/model.yaml cannot be read (EACCES)'])
})

t.test('a repository that cannot be read: a warning beside others, alone the end', async t => {
  const root = repository(t, { ...one, file: '', 'closed/': '' })
  chmodSync(join(root, 'closed'), 0o000)
  const cases: [path: string, code: string][] = [
    [join(root, 'none'), 'ENOENT'],
    [join(root, 'file'), 'ENOTDIR'],
    [join(root, 'closed'), 'EACCES']
  ]
  for (const [path, code] of cases) {
    const warning = `repository ${path} cannot be read (${code})`
    await asNobody(() => t.rejects(scan(path), { name: 'RepositoryError', message: warning }))
    rmSync(join(root, 'closed/x'), { force: true })
    const both = await asNobody(() => scan([path, root]))
    t.ok(both.warnings.includes(warning), code)
    t.ok(summary(both).includes('m: 1'))
  }
  chmodSync(join(root, 'closed'), 0o755)
  await t.rejects(scan([join(root, 'x'), join(root, 'y')]), {
    message: /x cannot be read .*; repository .*y cannot/
  })
})
