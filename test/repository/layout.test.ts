import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, realpathSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  isInside,
  isModelName,
  readInside,
  resolveInside,
  systemCode,
  versionFromName
} from '../../src/repository/layout.ts'
import { asNobody } from './folders.ts'

/** A repository beside a folder that is none of its business. */
function folders(t: Test): { root: string; outside: string } {
  const base = realpathSync(
    t.testdir({
      root: { 'a.txt': 'inside', folder: { 'b.txt': 'below' }, '..dots': 'odd name' },
      outside: { 'secret.txt': 'secret' }
    })
  )
  return { root: join(base, 'root'), outside: join(base, 'outside') }
}

t.test('names of models', async t => {
  const good = [
    'a',
    'A',
    '0',
    'churn',
    'a.b',
    'a_b',
    'a-b',
    'a..',
    '1',
    '01',
    'Stats',
    'stats2',
    'x'.repeat(128)
  ]
  const bad = [
    '',
    '.',
    '..',
    '.hidden',
    '-a',
    '_a',
    'stats',
    'a b',
    'a/b',
    'a\\b',
    'a\n',
    '\na',
    'ä',
    'a\u0000',
    'a:b',
    'a@1',
    'a%2f',
    'x'.repeat(129),
    '__proto__'
  ]
  for (const name of good) t.ok(isModelName(name), name)
  for (const name of bad) t.notOk(isModelName(name), JSON.stringify(name))
})

t.test('names of versions', async t => {
  const good: [string, number][] = [
    ['1', 1],
    ['42', 42],
    ['20261123', 20_261_123],
    ['9007199254740991', Number.MAX_SAFE_INTEGER]
  ]
  for (const [name, version] of good) t.equal(versionFromName(name), version)
  const bad = [
    '',
    '0',
    '01',
    '-1',
    '+1',
    '1.0',
    '1e3',
    'v1',
    ' 1',
    '1 ',
    '1\n',
    '١',
    '0x1',
    '9007199254740992',
    '9'.repeat(17)
  ]
  for (const name of bad) t.equal(versionFromName(name), undefined, JSON.stringify(name))
  fc.assert(
    fc.property(
      fc.maxSafeNat().filter(nat => nat > 0),
      nat => versionFromName(String(nat)) === nat
    )
  )
})

t.test('inside is at or below the root', async t => {
  for (const path of ['/r', '/r/a', '/r/..a', '/r/a/..b', '/r/...']) t.ok(isInside('/r', path), path)
  for (const path of ['/', '/ra', '/q', '/r/../q', '/r/..']) t.notOk(isInside('/r', path), path)
  t.ok(isInside('/', '/etc'))
})

t.test('real paths of what is inside, links followed', async t => {
  const { root } = folders(t)
  symlinkSync('folder', join(root, 'link'))
  symlinkSync(join(root, 'link', 'b.txt'), join(root, 'chain'))
  t.equal(await resolveInside(root), root)
  t.equal(await resolveInside(root, ''), root)
  t.equal(await resolveInside(root, 'a.txt'), join(root, 'a.txt'))
  t.equal(await resolveInside(root, 'folder', 'b.txt'), join(root, 'folder/b.txt'))
  t.equal(await resolveInside(root, 'chain'), join(root, 'folder/b.txt'))
  t.equal(await resolveInside(root, '..dots'), join(root, '..dots'))
  t.equal(await resolveInside(root, 'folder/../a.txt'), join(root, 'a.txt'))
})

t.test('what is not there is undefined', async t => {
  const { root } = folders(t)
  symlinkSync('nowhere', join(root, 'dangling'))
  for (const path of ['none', 'none/below', 'a.txt/below', 'dangling', 'folder/none'])
    t.equal(await resolveInside(root, path), undefined, path)
})

t.test('nothing leads out', async t => {
  const { root, outside } = folders(t)
  symlinkSync(outside, join(root, 'folder-out'))
  symlinkSync('../outside/secret.txt', join(root, 'file-out'))
  symlinkSync('folder-out', join(root, 'twice'))
  for (const path of [
    '..',
    '../outside',
    '../outside/secret.txt',
    'folder-out',
    'file-out',
    'twice/secret.txt'
  ]) {
    const refusal = { name: 'LayoutError', message: `${path} leads outside of the repository` }
    await t.rejects(resolveInside(root, path), refusal, path)
    await t.rejects(readInside(root, 100, path), refusal, path)
  }
})

t.test('a link in a circle, and a name that no file has, are errors with a reason', async t => {
  const { root } = folders(t)
  symlinkSync('circle', join(root, 'circle'))
  await t.rejects(resolveInside(root, 'circle'), {
    name: 'LayoutError',
    message: 'circle cannot be read (ELOOP)'
  })
  await t.rejects(resolveInside(root, 'x'.repeat(300)), { name: 'LayoutError', message: /\(ENAMETOOLONG\)$/ })
  await t.rejects(resolveInside(root, 'a\u0000b'), {
    name: 'LayoutError',
    message: /\(ERR_INVALID_ARG_VALUE\)$/
  })
})

t.test('the text of a file, up to a size', async t => {
  const { root } = folders(t)
  t.equal(await readInside(root, 6, 'a.txt'), 'inside')
  t.equal(await readInside(root, 6, 'none'), undefined)
  await t.rejects(readInside(root, 5, 'a.txt'), {
    name: 'LayoutError',
    message: 'a.txt has 6 bytes, at most 5 are allowed'
  })
  truncateSync(join(root, 'a.txt'), 2 ** 40)
  await t.rejects(readInside(root, 2 ** 20, 'a.txt'), { message: /^a\.txt has 1099511627776 bytes/ })
})

t.test('only regular files are read, and a pipe keeps nobody waiting', async t => {
  const { root } = folders(t)
  execFileSync('mkfifo', [join(root, 'pipe')])
  symlinkSync('pipe', join(root, 'link'))
  mkdirSync(join(root, 'model.yaml'))
  for (const path of ['pipe', 'link', 'folder', 'model.yaml'])
    await t.rejects(readInside(root, 100, path), { name: 'LayoutError', message: / is not a file$/ }, path)
})

t.test('what may not be read is an error with a reason, not nothing', async t => {
  const { root } = folders(t)
  writeFileSync(join(root, 'closed.txt'), 'text')
  chmodSync(join(root, 'closed.txt'), 0o000)
  mkdirSync(join(root, 'closed'), { mode: 0o000 })
  await asNobody(async () => {
    await t.rejects(readInside(root, 100, 'closed.txt'), {
      name: 'LayoutError',
      message: 'closed.txt cannot be read (EACCES)'
    })
    await t.rejects(resolveInside(root, 'closed', 'a'), {
      name: 'LayoutError',
      message: 'closed/a cannot be read (EACCES)'
    })
  })
  chmodSync(join(root, 'closed'), 0o755)
})

t.test('a system error is shown by its code, any other by its words', async t => {
  t.equal(systemCode(Object.assign(new Error('long words'), { code: 'EIO' })), 'EIO')
  t.equal(systemCode(new Error('words')), 'words')
})
