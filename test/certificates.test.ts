import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../scripts/source-files.ts'
import { makeCertificates } from '../src/certificates.ts'
import type { ConfigError } from '../src/config/load.ts'
import { settingsSchema } from '../src/config/schema.ts'
import { FakeClock } from './helpers/fake-clock.ts'

const fixture = (name: string): string =>
  readFileSync(join(projectFolder, 'test', 'fixtures', 'tls', name), 'utf8')

function world(t: Test, tls: object = {}) {
  const folder = t.testdir({
    'server.pem': fixture('one.pem'),
    'server.key': fixture('one.key'),
    'ca.pem': fixture('ca.pem')
  })
  const at = (name: string): string => join(folder, name)
  const clock = new FakeClock()
  const said: string[] = []
  const log = {
    info: (_: object, text: string) => said.push(text),
    warn: (_: object, text: string) => said.push(text)
  }
  const settings = settingsSchema.parse({
    tls: { certFile: at('server.pem'), keyFile: at('server.key'), ...tls },
    auth: { reloadMs: 1000 }
  })
  return { at, clock, said, certificates: makeCertificates(settings, { clock, log })! }
}

t.test('a certificate is taken over once it and its key belong together', async t => {
  const { at, clock, said, certificates } = world(t)
  const given: string[] = []
  const server = { setSecureContext: ({ cert }: { readonly cert: Buffer }) => given.push(cert.toString()) }
  certificates.follow([server, server])
  await clock.advance(3000)
  t.strictSame([given, said], [[], []], 'nothing has changed')
  writeFileSync(at('server.pem'), fixture('two.pem'))
  await clock.advance(2000)
  t.equal(given.length, 0)
  t.equal(said.length, 1, 'said once')
  t.match(said[0], /not taken over \(.*mismatch.*\); the one before stays in use/)
  writeFileSync(at('server.key'), fixture('two.key'))
  await clock.advance(1000)
  t.strictSame(given, [fixture('two.pem'), fixture('two.pem')], 'both doors')
  t.equal(certificates.files.cert.toString(), fixture('two.pem'))
  writeFileSync(at('server.pem'), '')
  await clock.advance(1000)
  t.equal(given.length, 2)
  certificates.stop()
  writeFileSync(at('server.pem'), fixture('one.pem'))
  writeFileSync(at('server.key'), fixture('one.key'))
  await clock.advance(5000)
  t.equal(given.length, 2)
})

t.test('what cannot be used ends the start', async t => {
  const folder = t.testdir({ 'rubbish.pem': 'rubbish' })
  const cases: [tls: object, problem: RegExp][] = [
    [{ keyFile: undefined }, /tls: expected both certFile and keyFile/],
    [{ certFile: undefined }, /tls: expected both certFile and keyFile/],
    [{ certFile: '/no/such/file.pem' }, /the certificate cannot be used: ENOENT/],
    [{ certFile: join(folder, 'rubbish.pem') }, /the certificate cannot be used/],
    [{ caFile: join(folder, 'rubbish.pem') }, /the certificate cannot be used/],
    [{ keyFile: join(projectFolder, 'test', 'fixtures', 'tls', 'two.key') }, /mismatch/]
  ]
  for (const [tls, problem] of cases) {
    try {
      world(t, tls)
      t.fail('it was taken')
    } catch (error) {
      t.match((error as ConfigError).problems.join(), problem)
    }
  }
  const options = { clock: new FakeClock(), log: { info() {}, warn() {} } }
  t.equal(makeCertificates(settingsSchema.parse({}), options), undefined)
})
