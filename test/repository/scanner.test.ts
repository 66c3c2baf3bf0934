// What a scanner that looked before makes of changes on disk.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Scanner } from '../../src/repository/scanner.ts'
import { changed, repository, scanner, summary } from './folders.ts'

/** Looks after each change; what is there then. */
async function follow(
  t: Test,
  looks: Scanner,
  steps: readonly (readonly [what: string, change: () => void, found: readonly string[]])[]
): Promise<void> {
  for (const [what, change, found] of steps) {
    change()
    t.strictSame(summary(await looks.scan()), found, what)
  }
}

t.test('models, versions and manifests come and go', async t => {
  const root = repository(t, { 'a/1/model.onnx': 'x' })
  const at = (path: string): string => join(root, path)
  const looks = scanner(root)
  const write = (path: string, text: string) => () => writeFileSync(at(path), text)
  await follow(t, looks, [
    ['the first', () => {}, ['a: 1']],
    ['a version without a file', () => mkdirSync(at('a/2')), ['a: 2! 1']],
    ['its file', write('a/2/model.onnx', 'x'), ['a: 2 1']],
    ['a broken manifest', write('a/2/model.yaml', 'timeoutMs: soon'), ['a: 2! 1']],
    ['mended, of the same length', write('a/2/model.yaml', 'timeoutMs: 1000'), ['a: 2 1']],
    ["the model's own", write('a/model.yaml', 'a: ['), ['a!: 2! 1!']],
    ['removed', () => rmSync(at('a/model.yaml')), ['a: 2 1']],
    ['a version renamed', () => renameSync(at('a/2'), at('a/10')), ['a: 10 1']],
    ['another model', () => mkdirSync(at('b/1'), { recursive: true }), ['a: 10 1', 'b: 1!']],
    ['moved over', () => renameSync(at('a/10'), at('b/10')), ['a: 1', 'b: 10 1!']],
    ['a version removed', () => rmSync(at('a/1'), { recursive: true }), ['a!: ', 'b: 10 1!']],
    ['a model removed', () => rmSync(at('a'), { recursive: true }), ['b: 10 1!']],
    ['a file in its place', write('a', 'x'), ['b: 10 1!']],
    ['a model renamed', () => renameSync(at('b'), at('c')), ['c: 10 1!']],
    ['a file where a folder was', () => renameSync(at('c/10/model.onnx'), at('c/1/model.onnx')), ['c: 10! 1']]
  ])
})

t.test('links that are swapped are noticed, as Kubernetes swaps them', async t => {
  const root = repository(t, {
    '..a/model.onnx': 'a',
    '..a/model.yaml': 'timeoutMs: 1',
    '..b/model.onnx': 'b',
    '..b/model.yaml': 'timeoutMs: 2',
    'm/1/': ''
  })
  symlinkSync('..a', join(root, '..data'))
  for (const name of ['model.onnx', 'model.yaml'])
    symlinkSync(join('../../..data', name), join(root, 'm/1', name))
  const looks = scanner(root)
  const before = await looks.scan()
  t.strictSame(changed(before, await looks.scan()), [])
  symlinkSync('..b', join(root, '..next'))
  renameSync(join(root, '..next'), join(root, '..data'))
  const after = await looks.scan()
  t.strictSame(changed(before, after), ['model', 'manifest'])
  t.match(after.models[0]!.versions, [{ manifest: { timeoutMs: 2 }, problems: [] }])
})

t.test('a link that comes to lead out, or back in, is judged anew', async t => {
  const root = repository(t, { 'm/1/': '', 'shared/1/model.onnx': 'x' })
  const link = join(root, 'm/1/model.onnx')
  const to = (target: string) => (): void => {
    rmSync(link, { force: true })
    symlinkSync(target, link)
  }
  const looks = scanner(root)
  await follow(t, looks, [
    ['inside', to('../../shared/1/model.onnx'), ['m: 1', 'shared: 1']],
    ['outside', to('../../../outside/1/model.onnx'), ['m: 1!', 'shared: 1']],
    ['inside again', to('../../shared/1/model.onnx'), ['m: 1', 'shared: 1']],
    ['nowhere', to('nowhere'), ['m: 1!', 'shared: 1']]
  ])
  // The same file by every number, only not outside any more.
  const outside = join(root, '../outside/1/model.onnx')
  to('../../../outside/1/model.onnx')()
  t.strictSame(summary(await looks.scan()), ['m: 1!', 'shared: 1'])
  renameSync(outside, join(root, 'shared/1/model.onnx'))
  to('../../shared/1/model.onnx')()
  t.strictSame(summary(await looks.scan()), ['m: 1', 'shared: 1'])
})

t.test('a linked folder whose target moves is listed where it is now', async t => {
  const root = repository(t, { '.releases/a/1/model.onnx': 'x' })
  symlinkSync('.releases/a', join(root, 'm'))
  const looks = scanner(root)
  await looks.scan()
  renameSync(join(root, '.releases/a'), join(root, '.releases/b'))
  rmSync(join(root, 'm'))
  symlinkSync('.releases/b', join(root, 'm'))
  mkdirSync(join(root, 'm/2'))
  t.strictSame(summary(await looks.scan()), ['m: 2! 1'])
})
