import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import t, { type Test } from 'tap'
import { Authenticator } from '../../src/auth/authenticator.ts'
import { KeyRing } from '../../src/auth/key-ring.ts'
import { localKeys, remoteKeys, Tokens } from '../../src/auth/tokens.ts'

const now = Date.UTC(2026, 10, 26)
const seconds = now / 1000
const terms = {
  issuer: 'https://id.test',
  audience: 'kedge',
  scopeClaim: 'scope',
  scopePrefix: 'kedge:',
  modelsClaim: 'kedge_models'
}

const pair = await generateKeyPair('ES256', { extractable: true })
const other = await generateKeyPair('ES256', { extractable: true })
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }] })

interface Claims {
  readonly [claim: string]: unknown
}

const standard: Claims = {
  iss: terms.issuer,
  aud: 'kedge',
  sub: 'ci',
  exp: seconds + 600,
  scope: 'openid kedge:predict kedge:read'
}

const sign = (claims: Claims = {}, key = pair.privateKey, header: object = { alg: 'ES256', kid: 'one' }) =>
  new SignJWT({ ...standard, ...claims }).setProtectedHeader(header as { alg: string }).sign(key)

t.test('claims become scopes and models', async t => {
  const tokens = new Tokens(localKeys(jwks), terms)
  const caller = await tokens.find(await sign(), now)
  t.match(caller, { name: 'token:ci', grants: { models: ['*'] }, allowance: undefined })
  if (typeof caller === 'string') return
  t.strictSame([...caller.grants.scopes], ['predict', 'read'])
  const narrow = await sign({ scope: ['kedge:admin', 7, 'predict'], kedge_models: ['iris', 'fraud-*'] })
  const seen = await tokens.find(narrow, now)
  t.match(seen, { grants: { models: ['iris', 'fraud-*'] } })
  if (typeof seen === 'string') return
  t.strictSame([...seen.grants.scopes], ['admin'])
  const none = await tokens.find(await sign({ scope: undefined }), now)
  t.match(none, { grants: { scopes: new Set() } })
})

t.test('a token is verified once, and for no longer than it lasts', async t => {
  const tokens = new Tokens(localKeys(jwks), terms)
  const token = await sign({ exp: seconds + 40 })
  const caller = await tokens.find(token, now)
  t.equal(tokens.find(token, now + 39_000), caller, 'at once')
  t.equal(await tokens.find(token, now + 80_000), 'expired')
})

t.test('everything that is wrong with a token is refused', async t => {
  const tokens = new Tokens(localKeys(jwks), terms)
  const secret = new TextEncoder().encode('a secret that both sides know, of thirty-two bytes')
  const cases: [what: string, token: string][] = [
    ['another issuer', await sign({ iss: 'https://evil.test' })],
    ['no issuer', await sign({ iss: undefined })],
    ['another audience', await sign({ aud: 'somebody' })],
    ['no end', await sign({ exp: undefined })],
    ['not yet', await sign({ nbf: seconds + 600 })],
    ['an unknown key', await sign({}, pair.privateKey, { alg: 'ES256', kid: 'two' })],
    ["somebody else's key", await sign({}, other.privateKey)],
    ['no signature', new UnsecuredJWT({ ...standard }).encode()],
    ['a shared secret', await new SignJWT({ ...standard }).setProtectedHeader({ alg: 'HS256' }).sign(secret)],
    ['cut off', (await sign()).slice(0, -4)],
    [
      'claims that were changed',
      (await sign()).replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"root"}').toString('base64url')}.`)
    ],
    ['no token', 'a.b.c'],
    ['nothing', '..']
  ]
  for (const [what, token] of cases) t.equal(await tokens.find(token, now), 'refused', what)
  t.equal(await tokens.find(await sign({ exp: seconds - 60 }), now), 'expired')
  t.equal(
    typeof (await tokens.find(await sign({ exp: seconds - 10 }), now)),
    'object',
    'clocks differ a little'
  )
})

async function server(t: Test, answer: { status: number; body: string }): Promise<string> {
  const http = createServer((_request, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  http.listen(0, '127.0.0.1')
  await new Promise(resolve => http.once('listening', resolve))
  t.teardown(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/keys`
}

t.test('keys that come from an address; while they cannot be had nobody can tell', async t => {
  const answer = { status: 503, body: 'down' }
  const url = await server(t, answer)
  const tokens = new Tokens(remoteKeys(url), terms)
  t.equal(await tokens.find(await sign(), now), 'unavailable')
  answer.status = 200
  answer.body = 'no keys'
  t.equal(await tokens.find(await sign(), now), 'unavailable')
  answer.body = jwks
  t.match(await tokens.find(await sign(), now), { name: 'token:ci' })
  const nobody = new Tokens(remoteKeys('http://127.0.0.1:1/keys'), terms)
  t.equal(await nobody.find(await sign(), now), 'unavailable')
})

t.test('what is no key set', async t => {
  for (const text of ['', '[]', '{}', '{"keys":1}', 'null']) t.throws(() => localKeys(text), text)
})

t.test('credentials come in one header or the other', async t => {
  const authenticator = new Authenticator(new KeyRing(), new Tokens(localKeys(jwks), terms))
  const verdict = async (authorization?: string, apiKey?: string) =>
    authenticator.verdict({ authorization, apiKey }, now)
  const token = await sign()
  for (const [given, key] of [
    [`Bearer ${token}`],
    [`bearer   ${token} `],
    [undefined, token],
    [`Bearer ${token}`, token]
  ])
    t.match(await verdict(given, key), { name: 'token:ci' })
  t.equal(await verdict(), 'missing')
  for (const [given, key] of [
    [token],
    [`Basic ${token}`],
    ['Bearer'],
    ['Bearer '],
    [`Bearer ${token} x`],
    [`Bearer ${'x'.repeat(100_000)}`],
    [undefined, 'x'.repeat(100_000)],
    [`Bearer ${token}`, 'other'],
    [undefined, '']
  ])
    t.equal(await verdict(given, key), 'refused', `${given?.slice(0, 20)} ${key?.slice(0, 20)}`)
})
