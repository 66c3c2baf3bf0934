// A file of keys for a guarded server, and credentials of callers of all kinds, good and bad.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSecret } from '../../../src/auth/key-hash.ts'
import { type KeyText, makeKey } from '../../../src/auth/key-text.ts'
import type { Credential, HeaderLines } from './credential.ts'
import type { Draw } from './draw.ts'
import { issuer, makeTokens } from './tokens.ts'

type MadeKey = KeyText & { readonly text: string }

const bearer = (text: string): HeaderLines => [['authorization', `Bearer ${text}`]]

async function record(key: MadeKey, facts: string): Promise<string> {
  return `  - { id: '${key.id}', name: 'key ${key.id}', hash: '${await hashSecret(key.secret)}', ${facts} }\n`
}

interface Made {
  readonly flags: readonly string[]
  /** Lets predict and read everything. */
  readonly full: Credential
  readonly narrow: readonly Credential[]
  readonly bad: readonly Credential[]
  readonly secrets: readonly string[]
  /** Taken out of the file by `withdraw`. */
  readonly leaving: Credential
  readonly withdraw: () => void
}

export class Keys {
  readonly #made: Made
  readonly #bad: Credential[]

  private constructor(made: Made) {
    this.#made = made
    this.#bad = [...made.bad]
  }

  /** With which a server is started that knows them. */
  get flags(): readonly string[] {
    return this.#made.flags
  }

  get full(): Credential {
    return this.#made.full
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
    const last = await record(withdrawn, "scopes: [predict, read, admin], models: ['*']")
    writeFileSync(file, `keys:\n${[...lasting, last].join('')}`)
    const tokens = await makeTokens()
    writeFileSync(jwks, tokens.keySet)
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
      leaving: withKey('withdrawn', withdrawn, { scopes: [...both, 'admin'] })
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
    return draw.pick([...this.#made.narrow, this.full])
  }

  /** Takes a key out of the file; settles once `isRefused` says that the server has noticed. */
  async withdraw(isRefused: (credential: Credential) => Promise<boolean>): Promise<void> {
    const { leaving, withdraw } = this.#made
    if (await isRefused(leaving)) throw new Error('a key that is in force was refused')
    withdraw()
    while (!(await isRefused(leaving)));
    this.#bad.push({ ...leaving, scopes: [] })
  }

  /** Whether a text holds any secret. */
  isIn(text: string): boolean {
    return this.#made.secrets.some(secret => text.includes(secret))
  }
}

/** Each costs a hash, which takes a core for some thirty milliseconds. */
const madeUpShare = 0.15

/** Looks like a key. */
const madeUp = (draw: Draw): string =>
  `kedge_${Array.from({ length: 12 }, () => draw.below(16).toString(16)).join('')}_${draw.word(43)}`

function badKeys({ full, expired, unknown }: Record<'full' | 'expired' | 'unknown', MadeKey>): Credential[] {
  const { text, id, secret } = full
  const lines: Record<string, HeaderLines> = {
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
