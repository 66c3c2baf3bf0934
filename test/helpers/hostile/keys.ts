// A file of keys and a set of token keys for a guarded server, and credentials of callers of all kinds, good and bad.
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose'
import { hashSecret } from '../../../src/auth/key-hash.ts'
import { type KeyText, makeKey } from '../../../src/auth/key-text.ts'
import type { Draw } from './draw.ts'

type Lines = readonly (readonly [name: string, value: string])[]

export interface Credential {
  readonly what: string
  readonly lines: Lines
  /** What it lets in, where it is in force. */
  readonly scopes: readonly string[]
  /** Only this model, where it is not for all. */
  readonly model?: string
  /** Once in a while it is refused for asking too often. */
  readonly isLimited?: boolean
}

type MadeKey = KeyText & { readonly text: string }

const issuer = 'https://id.test'
const year = 365 * 86_400
const bearer = (text: string): Lines => [['authorization', `Bearer ${text}`]]

async function record(key: MadeKey, facts: string): Promise<string> {
  return `  - { id: '${key.id}', name: 'key ${key.id}', hash: '${await hashSecret(key.secret)}', ${facts} }\n`
}

/** Digests that tell nobody: no answer and no line of the log may hold one of these texts. */
export class Keys {
  readonly flags: readonly string[]
  readonly full: Credential
  readonly #bad: readonly Credential[]
  readonly #narrow: readonly Credential[]
  readonly #secrets: readonly string[]
  readonly #withdraw: () => void
  readonly #withdrawn: Credential

  private constructor(made: {
    flags: readonly string[]
    full: Credential
    bad: readonly Credential[]
    narrow: readonly Credential[]
    secrets: readonly string[]
    withdraw: () => void
    withdrawn: Credential
  }) {
    this.flags = made.flags
    this.full = made.full
    this.#bad = made.bad
    this.#narrow = made.narrow
    this.#secrets = made.secrets
    this.#withdraw = made.withdraw
    this.#withdrawn = made.withdrawn
  }

  /** Writes the files into a folder. */
  static async make(folder: string): Promise<Keys> {
    const [file, jwks] = [join(folder, 'keys.yaml'), join(folder, 'jwks.json')]
    const [full, read, admin, iris, other, limited, expired, withdrawn, unknown] = Array.from(
      { length: 9 },
      () => makeKey()
    ) as [MadeKey, MadeKey, MadeKey, MadeKey, MadeKey, MadeKey, MadeKey, MadeKey, MadeKey]
    const lasting = await Promise.all([
      record(full, "scopes: [predict, read], models: ['*']"),
      record(read, "scopes: [read], models: ['*']"),
      record(admin, "scopes: [admin], models: ['*']"),
      record(iris, "scopes: [predict, read], models: ['iris']"),
      record(other, "scopes: [predict, read], models: ['penguin*']"),
      record(limited, "scopes: [predict, read], models: ['*'], rate: { requestsPerSecond: 2, burst: 1 }"),
      record(expired, "scopes: [predict, read, admin], models: ['*'], expires: 2020-01-01")
    ])
    const leaving = await record(withdrawn, "scopes: [predict, read, admin], models: ['*']")
    writeFileSync(file, `keys:\n${[...lasting, leaving].join('')}`)
    const tokens = await tokensInto(jwks)
    const withKey = (what: string, { text }: MadeKey, more: Partial<Credential>): Credential => ({
      what,
      lines: bearer(text),
      scopes: [],
      ...more
    })
    const both = ['predict', 'read']
    return new Keys({
      flags: [
        '--auth-keys-file',
        file,
        '--auth-jwt-issuer',
        issuer,
        '--auth-jwt-jwks-file',
        jwks,
        '--auth-reload-ms',
        '100'
      ],
      full: withKey('full', full, { scopes: both }),
      narrow: [
        withKey('read only', read, { scopes: ['read'] }),
        withKey('admin only', admin, { scopes: ['admin'] }),
        withKey('one model', iris, { scopes: both, model: 'iris' }),
        withKey('other models', other, { scopes: both, model: 'penguins' }),
        withKey('limited', limited, { scopes: both, isLimited: true }),
        ...tokens.narrow
      ],
      bad: [...badKeys({ full, expired, unknown }), ...tokens.bad],
      secrets: [full, read, admin, iris, other, limited, expired, withdrawn].map(({ secret }) => secret),
      withdraw: () => writeFileSync(file, `keys:\n${lasting.join('')}`),
      withdrawn: withKey('withdrawn', withdrawn, { scopes: [...both, 'admin'] })
    })
  }

  /** Nobody is let in with one of these. */
  bad(draw: Draw): Credential {
    if (draw.chance(madeUpShare))
      return {
        what: 'made up',
        lines: bearer(draw.pick([madeUp(draw), madeUp(draw), draw.word(draw.between(1, 9000))])),
        scopes: []
      }
    return draw.pick(this.#bad)
  }

  /** In force for something. */
  narrow(draw: Draw): Credential {
    return draw.pick([...this.#narrow, this.full])
  }

  /** Takes a key out of the file; settles once `isRefused` says that the server has noticed. */
  async withdraw(isRefused: (credential: Credential) => Promise<boolean>): Promise<void> {
    if (await isRefused(this.#withdrawn)) throw new Error('a key that is in force was refused')
    this.#withdraw()
    while (!(await isRefused(this.#withdrawn)));
    ;(this.#bad as Credential[]).push({ ...this.#withdrawn, scopes: [] })
  }

  /** Whether a text holds any secret. */
  isIn(text: string): boolean {
    return this.#secrets.some(secret => text.includes(secret))
  }
}

/** Each costs a hash, which takes a core for some thirty milliseconds. */
const madeUpShare = 0.15

/** Looks like a key. */
const madeUp = (draw: Draw): string =>
  `kedge_${Array.from({ length: 12 }, () => draw.below(16).toString(16)).join('')}_${draw.word(43)}`

function badKeys({ full, expired, unknown }: Record<'full' | 'expired' | 'unknown', MadeKey>): Credential[] {
  const { text, id, secret } = full
  const lines: Record<string, Lines> = {
    none: [],
    expired: bearer(expired.text),
    unknown: bearer(unknown.text),
    truncated: bearer(text.slice(0, -1)),
    'one more': bearer(`${text}A`),
    'over-long': bearer(text + 'A'.repeat(9000)),
    'other secret': bearer(`kedge_${id}_${unknown.secret}`),
    'other id': bearer(`kedge_${unknown.id}_${secret}`),
    'upper case': bearer(text.toUpperCase()),
    'secret alone': bearer(secret),
    'id alone': bearer(`kedge_${id}_`),
    basic: [['authorization', `Basic ${Buffer.from(`x:${text}`).toString('base64')}`]],
    'no scheme': [['authorization', text]],
    'two in one': bearer(`${text} ${text}`),
    'two in one, by comma': bearer(`${text}, ${text}`),
    'scheme twice': bearer(`Bearer ${text}`),
    'empty bearer': [['authorization', 'Bearer ']],
    'two that differ': [...bearer(text), ['x-api-key', unknown.text]],
    'a bad one first': [...bearer(unknown.text), ...bearer(text)],
    'x-api-key twice': [
      ['x-api-key', text],
      ['x-api-key', text]
    ],
    'x-api-key, wrong': [['x-api-key', unknown.text]],
    'in a cookie': [['cookie', `authorization=Bearer ${text}; x-api-key=${text}`]],
    'other header': [
      ['proxy-authorization', `Bearer ${text}`],
      ['x-authorization', `Bearer ${text}`],
      ['x_api_key', text]
    ],
    NUL: bearer(`kedge_${id}_${'\\0'.repeat(10)}`),
    'from this machine': [
      ['x-forwarded-for', '127.0.0.1'],
      ['forwarded', 'for=127.0.0.1'],
      ['x-real-ip', '127.0.0.1']
    ]
  }
  return Object.entries(lines).map(([what, own]) => ({ what, lines: own, scopes: [] }))
}

async function tokensInto(
  path: string
): Promise<{ readonly narrow: Credential[]; readonly bad: Credential[] }> {
  const [own, other] = [
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
  ]
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'ES256' }
  writeFileSync(path, JSON.stringify({ keys: [jwk] }))
  const now = Math.floor(Date.now() / 1000)
  const standard = {
    iss: issuer,
    aud: 'kedge',
    sub: 'x',
    exp: now + year,
    scope: 'kedge:predict kedge:read kedge:admin'
  }
  const sign = (
    claims: object,
    { header = {}, key = own.privateKey }: { header?: object; key?: typeof own.privateKey } = {}
  ): Promise<string> =>
    new SignJWT({ ...standard, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(key)
  const good = await sign({})
  const [head, payload, signature] = good.split('.') as [string, string, string]
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
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
  const bad = Object.entries(texts).map(
    ([what, text]): Credential => ({ what, lines: bearer(text), scopes: [] })
  )
  const narrow: Credential[] = [
    { what: 'token', lines: bearer(good), scopes: ['predict', 'read', 'admin'] },
    { what: 'token to read', lines: bearer(await sign({ scope: 'kedge:read' })), scopes: ['read'] },
    { what: 'token without scopes', lines: bearer(await sign({ scope: 'predict read' })), scopes: [] },
    {
      what: 'token for one model',
      lines: bearer(await sign({ kedge_models: ['iris'] })),
      scopes: ['predict', 'read', 'admin'],
      model: 'iris'
    },
    {
      what: 'token for another',
      lines: bearer(await sign({ kedge_models: ['wine*'] })),
      scopes: ['predict', 'read', 'admin'],
      model: 'wine-anomaly'
    }
  ]
  return { narrow, bad }
}
