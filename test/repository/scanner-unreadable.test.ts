// What a scanner that looked before makes of places that cannot be read any more.
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { asNobody, repository, scanner, summary } from './folders.ts'

t.test('a repository that cannot be read any more keeps what it had', async t => {
  const root = repository(t, { 'r1/a/1/model.onnx': 'x', 'r1/_x/': '', 'r2/b/1/model.onnx': 'x' })
  const [r1, r2] = [join(root, 'r1'), join(root, 'r2')]
  const looks = scanner([r1, r2])
  const first = await looks.scan()
  t.strictSame(summary(first), ['a: 1', 'b: 1'])
  const cases: [code: string, hide: () => void, restore: () => void][] = [
    ['EACCES', () => chmodSync(r1, 0o000), () => chmodSync(r1, 0o755)],
    ['ENOENT', () => renameSync(r1, `${r1}x`), () => renameSync(`${r1}x`, r1)]
  ]
  for (const [code, hide, restore] of cases) {
    hide()
    const blind = await asNobody(() => looks.scan())
    t.strictSame(blind.models, first.models, code)
    t.match(blind.warnings, [
      /^folder "_x" is ignored/,
      `repository ${r1} cannot be read (${code}); what it held before stays as it was`
    ])
    t.strictSame(await asNobody(() => looks.scan()), blind)
    restore()
    t.strictSame(await looks.scan(), first)
  }
  for (const path of [r1, r2]) renameSync(path, `${path}x`)
  t.strictSame(summary(await looks.scan()), ['a: 1', 'b: 1'], 'not even all of them end the server')
})

t.test('what was known before a repository could not be read is not forgotten', async t => {
  const root = repository(t, { 'r1/a/1/model.onnx': 'x' })
  const [r1, version] = [join(root, 'r1'), join(root, 'r1/a/1')]
  const looks = scanner(r1)
  const first = await looks.scan()
  chmodSync(r1, 0o000)
  await asNobody(() => looks.scan())
  chmodSync(r1, 0o755)
  chmodSync(version, 0o000)
  const half = await asNobody(() => looks.scan())
  chmodSync(version, 0o755)
  t.strictSame(half.models, first.models)
})

t.test('a repository that comes later is found', async t => {
  const root = repository(t, { 'r1/a/1/model.onnx': 'x' })
  const looks = scanner([join(root, 'r1'), join(root, 'r2')])
  t.strictSame(summary(await looks.scan()), ['a: 1'])
  mkdirSync(join(root, 'r2/b/1'), { recursive: true })
  t.strictSame(summary(await looks.scan()), ['a: 1', 'b: 1!'])
})

t.test('parts that cannot be read for a while count as they were', async t => {
  const root = repository(t, {
    'm/model.yaml': 'timeoutMs: 5',
    'm/1/model.onnx': 'x',
    'm/2/model.onnx': 'x'
  })
  const looks = scanner(root)
  const first = await looks.scan()
  const cases: [path: string, warnings: readonly RegExp[]][] = [
    ['m', [/^m\/1 cannot be read \(EACCES\); what was there before still counts$/]],
    ['m/2', [/^m\/2\/model\.onnx cannot be read \(EACCES\); what was there/]]
  ]
  for (const [path, warnings] of cases) {
    chmodSync(join(root, path), 0o000)
    const blind = await asNobody(() => looks.scan())
    chmodSync(join(root, path), 0o755)
    t.strictSame(blind.models, first.models, path)
    for (const warning of warnings)
      t.ok(
        blind.warnings.some(line => warning.test(line)),
        `${warning}`
      )
    t.strictSame((await looks.scan()).warnings, [])
  }
  // The rest of the model goes on.
  chmodSync(join(root, 'm/2'), 0o000)
  mkdirSync(join(root, 'm/3'))
  writeFileSync(join(root, 'm/3/model.onnx'), 'x')
  t.strictSame(summary(await asNobody(() => looks.scan())), ['m: 3 2 1'])
  chmodSync(join(root, 'm/2'), 0o755)
})
