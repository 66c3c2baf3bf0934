// Tokens of an identity provider: some that are in force for something, and all that a forger would try.
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose'
import type { Credential } from './credential.ts'

export const issuer = 'https://id.test'
const yearSeconds = 365 * 86_400

interface Signing {
  readonly header?: object
  readonly key?: KeyObject
}

const makePair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The keys of the provider, and what callers make of them. */
class Provider {
  readonly own = makePair()
  readonly other = makePair()
  readonly nowSeconds = Math.floor(Date.now() / 1000)
  readonly standard = {
    iss: issuer,
    aud: 'kedge',
    sub: 'x',
    exp: this.nowSeconds + yearSeconds,
    scope: 'kedge:predict kedge:read kedge:admin'
  }

  sign(claims: object, { header = {}, key = this.own.privateKey }: Signing = {}): Promise<string> {
    return new SignJWT({ ...this.standard, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key)
  }
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const tokenOf = (what: string, text: string, more: Partial<Credential> = {}): Credential => ({
  what,
  lines: [['authorization', `Bearer ${text}`]],
  scopes: [],
  ...more
})

async function forged(provider: Provider): Promise<Credential[]> {
  const { own, other, nowSeconds: now, standard } = provider
  const sign = (claims: object, signing?: Signing): Promise<string> => provider.sign(claims, signing)
  const good = await sign({})
  const [head, payload, signature] = good.split('.') as [string, string, string]
  const hs256 = `${part({ alg: 'HS256', kid: 'one' })}.${payload}`
  const pem = own.publicKey.export({ type: 'spki', format: 'pem' })
  const texts: Record<string, string> = {
    'alg none': new UnsecuredJWT(standard).encode(),
    'alg None': `${part({ alg: 'None', kid: 'one' })}.${payload}.`,
    'alg none, signed': `${part({ alg: 'none' })}.${payload}.${signature}`,
    'no signature': `${head}.${payload}.`,
    'HS256 with the public key': `${hs256}.${createHmac('sha256', pem).update(hs256).digest('base64url')}`,
    'other key': await sign({}, { key: other.privateKey }),
    'key of its own': await sign(
      {},
      { key: other.privateKey, header: { jwk: await exportJWK(other.publicKey) } }
    ),
    'key from elsewhere': await sign(
      {},
      { key: other.privateKey, header: { jku: 'http://127.0.0.1:1/jwks', kid: 'two' } }
    ),
    'kid that is a path': await sign({}, { key: other.privateKey, header: { kid: '../../dev/null' } }),
    'other claims': `${head}.${part({ ...standard, sub: 'root' })}.${signature}`,
    'signature of zeros': `${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
    'truncated token': good.slice(0, -8),
    'other issuer': await sign({ iss: 'https://evil.test' }),
    'other audience': await sign({ aud: 'other' }),
    'expired token': await sign({ exp: now - 3600 }),
    'no end': await sign({ exp: undefined }),
    'not yet': await sign({ nbf: now + 3600 }),
    'end that is text': `${head}.${part({ ...standard, exp: '9999999999' })}.${signature}`,
    'critical extension': `${part({ alg: 'ES256', kid: 'one', crit: ['x'], x: 1 })}.${payload}.${signature}`,
    dots: '..',
    'many dots': '.'.repeat(8000),
    'no JSON': 'a.b.c',
    'long token': `${head}.${'A'.repeat(8100)}.${signature}`
  }
  return Object.entries(texts).map(([what, text]) => tokenOf(what, text))
}

export async function makeTokens(): Promise<{
  readonly keySet: string
  readonly narrow: readonly Credential[]
  readonly bad: readonly Credential[]
}> {
  const provider = new Provider()
  const key = { ...(await exportJWK(provider.own.publicKey)), kid: 'one', alg: 'ES256' }
  const all = ['predict', 'read', 'admin']
  const narrow = [
    tokenOf('token', await provider.sign({}), { scopes: all }),
    tokenOf('token to read', await provider.sign({ scope: 'kedge:read' }), { scopes: ['read'] }),
    tokenOf('token without scopes', await provider.sign({ scope: 'predict read' })),
    tokenOf('token for one model', await provider.sign({ kedge_models: ['iris'] }), {
      scopes: all,
      model: 'iris'
    }),
    tokenOf('token for another', await provider.sign({ kedge_models: ['wine*'] }), {
      scopes: all,
      model: 'wine-anomaly'
    })
  ]
  return { keySet: JSON.stringify({ keys: [key] }), narrow, bad: await forged(provider) }
}
