import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { makeAccess } from '../src/access.ts'
import { hashSecret } from '../src/auth/key-hash.ts'
import { makeKey } from '../src/auth/key-text.ts'
import type { ConfigError } from '../src/config/load.ts'
import { settingsSchema } from '../src/config/schema.ts'
import { Metrics } from '../src/monitoring/metrics.ts'
import { FakeClock } from './helpers/fake-clock.ts'
import { turn } from './helpers/turn.ts'

const auth = (more: object) => settingsSchema.parse({ auth: more })

async function key() {
  const { id, secret, text } = makeKey()
  return {
    text,
    line: `  - { id: '${id}', name: app, hash: '${await hashSecret(secret)}', scopes: [read] }\n`
  }
}

function world(t: Test, content: string) {
  const file = join(t.testdir({ 'keys.yaml': content }), 'keys.yaml')
  const clock = new FakeClock()
  const said: string[] = []
  const log = {
    info: (_: object, message: string) => said.push(message),
    warn: (_: object, message: string) => said.push(message)
  }
  const access = makeAccess(auth({ keysFile: file, reloadMs: 1000 }), { clock, log, metrics: new Metrics() })!
  t.teardown(() => access.stop())
  access.start()
  const verdict = async (text: string) =>
    access.verdict({ authorization: `Bearer ${text}`, apiKey: undefined })
  /** The next look at the file, to its end. */
  const look = async (says: number): Promise<void> => {
    await clock.advance(1000)
    while (said.length < says) await turn()
    // The next look is set after what was said of this one.
    await turn()
  }
  return { file, said, verdict, look }
}

t.test('keys come and go with their file, and one that is broken changes nothing', async t => {
  const [first, second] = [await key(), await key()]
  const { file, said, verdict, look } = world(t, `keys:\n${first.line}`)
  t.match(await verdict(first.text), { name: 'app' })
  t.equal(await verdict(second.text), 'refused')
  writeFileSync(file, `keys:\n${first.line}${second.line}`)
  await look(2)
  t.match(await verdict(second.text), { name: 'app' }, 'one that was refused before is known now')
  writeFileSync(file, 'keys:\n  - { id: half')
  await look(3)
  t.match(said.at(-1), /is not taken over; the keys before stay in force$/)
  t.match(await verdict(first.text), { name: 'app' })
  rmSync(file)
  await look(4)
  t.match(said.at(-1), /cannot be read \(.+\); the keys before stay in force$/)
  t.match(await verdict(second.text), { name: 'app' })
  writeFileSync(file, `keys:\n${second.line}`)
  await look(5)
  t.equal(await verdict(first.text), 'refused')
  t.match(await verdict(second.text), { name: 'app' })
})

t.test('without keys and tokens nobody is asked', async t => {
  const options = { clock: new FakeClock(), log: { info() {}, warn() {} }, metrics: new Metrics() }
  t.equal(makeAccess(auth({}), options), undefined)
})

t.test('what cannot be used ends the start, in words', async t => {
  const folder = t.testdir({ 'broken.yaml': 'keys: 1', 'jwks.json': '{}' })
  const at = (name: string): string => join(folder, name)
  const issuer = 'https://id.test'
  const cases: [settings: object, message: RegExp][] = [
    [{ keysFile: at('none.yaml') }, /auth\.keysFile: .*none\.yaml cannot be read \(ENOENT\)/],
    [{ keysFile: at('broken.yaml') }, /auth\.keysFile: .*broken\.yaml: keys: expected a list of keys/],
    [{ jwt: { jwksFile: at('jwks.json') } }, /auth\.jwt\.issuer: expected the issuer whose keys these are/],
    [{ jwt: { issuer } }, /auth\.jwt: expected exactly one of jwksUrl and jwksFile/],
    [{ jwt: { issuer, jwksUrl: issuer, jwksFile: 'x' } }, /expected exactly one of jwksUrl and jwksFile/],
    [{ jwt: { issuer, jwksFile: at('jwks.json') } }, /auth\.jwt\.jwksFile: .*: expected a JSON Web Key Set/],
    [{ jwt: { issuer, jwksFile: at('none.json') } }, /none\.json cannot be read/]
  ]
  const options = { clock: new FakeClock(), log: { info() {}, warn() {} }, metrics: new Metrics() }
  for (const [settings, message] of cases) {
    try {
      makeAccess(auth(settings), options)
      t.fail('it was taken')
    } catch (error) {
      t.match((error as ConfigError).problems.join(), message)
    }
  }
})
