// `kedge keys`: keys that are made, listed and revoked, and what the file and those who read it get of that.
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parseKeyFile } from '../../src/auth/key-file.ts'
import { verifySecret } from '../../src/auth/key-hash.ts'
import { parseKey } from '../../src/auth/key-text.ts'
import { repository } from '../helpers/app.ts'
import { kedge } from '../helpers/process.ts'

const keyPattern = /kedge_[0-9a-f]{12}_[\w-]{43}/

async function keys(t: Test, ...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const run = kedge(t, ['keys', ...args])
  const { code } = await run.exited
  return { code, said: run.output() }
}

async function made(t: Test, file: string, ...more: readonly string[]): Promise<string> {
  const { code, said } = await keys(t, 'create', '--name', 'app', '--file', file, ...more)
  t.equal(code, 0, said)
  return keyPattern.exec(said)![0]
}

const modeOf = (file: string): number => statSync(file).mode & 0o777

t.test('a key is shown once, kept as a hash, listed, and revoked', async t => {
  const folder = repository(t, {})
  const file = join(folder, 'keys.yaml')
  const more = ['--scopes', 'predict,read', '--models', 'fraud-*,iris', '--expires', '2099-01-31']
  const [first, second] = [await made(t, file, ...more), await made(t, file)]
  const text = readFileSync(file, 'utf8')
  const { id, secret } = parseKey(first)!
  t.notMatch(text, secret)
  t.equal(modeOf(file), 0o600, 'for its owner alone')
  const read = parseKeyFile(text)
  if ('problems' in read) return t.fail(read.problems.join())
  const [record] = read.keys
  t.match(record, { id, name: 'app', scopes: ['predict', 'read'], models: ['fraud-*', 'iris'] })
  t.ok(await verifySecret(secret, record!.hash))
  const { said } = await keys(t, 'list', '--file', file)
  t.match(said, `${id}  app  predict,read  fraud-*,iris  until 2099-01-31`)
  t.match(said, `${parseKey(second)!.id}  app  predict  *  no end`)
  t.equal((await keys(t, 'revoke', id, '--file', file)).code, 0)
  const left = (await keys(t, 'list', '--file', file)).said
  t.notMatch(left, id)
  t.match(left, parseKey(second)!.id)
  t.strictSame(readdirSync(folder), ['keys.yaml'], 'nothing half-written is left')
  return undefined
})

t.test('whoever could read the file before still can, and a link stays one', async t => {
  const folder = repository(t, {})
  const [file, link] = [join(folder, 'real.yaml'), join(folder, 'link.yaml')]
  const { id } = parseKey(await made(t, file))!
  chmodSync(file, 0o640)
  symlinkSync(file, link)
  const { uid, gid } = statSync(file)
  t.equal((await keys(t, 'revoke', id, '--file', link)).code, 0)
  t.ok(lstatSync(link).isSymbolicLink())
  t.match(statSync(file), { uid, gid })
  t.equal(modeOf(file), 0o640)
  t.match(readFileSync(file, 'utf8'), 'keys: []')
})

t.test('what cannot be done is status 1, a wrong use status 2, and the file stays as it was', async t => {
  const folder = repository(t, { 'broken.yaml': 'keys: [{ id: 1 }]' })
  const broken = join(folder, 'broken.yaml')
  const good = join(folder, 'good.yaml')
  await made(t, good)
  const before = readFileSync(good, 'utf8')
  const cases: [args: string[], code: number, said: RegExp][] = [
    [['create', '--name', 'x', '--file', broken], 1, /broken\.yaml: keys\.0\.id: expected/],
    [['list', '--file', broken], 1, /keys\.0/],
    [['revoke', 'abcdef012345', '--file', good], 1, /has no key with the id "abcdef012345"/],
    [['create', '--name', 'a\nb', '--file', good], 1, /name/],
    [['create', '--file', good], 2, /--name/],
    [['create', '--name', 'x', '--scopes', 'write', '--file', good], 2, /expected predict, read, admin/],
    [['create', '--name', 'x', '--expires', 'soon', '--file', good], 2, /expected a date/],
    [['forget', '--file', good], 2, /forget/]
  ]
  for (const [args, code, said] of cases) {
    const answer = await keys(t, ...args)
    t.equal(answer.code, code, args.join(' '))
    t.match(answer.said, said)
  }
  t.equal(readFileSync(good, 'utf8'), before)
})
