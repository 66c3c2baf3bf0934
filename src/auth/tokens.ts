// OIDC bearer tokens: signatures against a JWKS, issuer, audience, time; and what their claims allow. The library verifies (RFC 7519, 7517); what
// verified is remembered until it expires, or for a minute at most, so that a key that was withdrawn does not live on.
import { hash } from 'node:crypto'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify
} from 'jose'
import type { Caller } from './caller.ts'
import { type GrantedScope, scopes } from './grants.ts'

export interface TokenTerms {
  readonly issuer: string
  readonly audience: string
  /** Claim that holds the scopes: a list, or text with spaces between them. */
  readonly scopeClaim: string
  /** What stands before `predict`, `read` and `admin` in it. */
  readonly scopePrefix: string
  /** Claim that lists models; all where a token has none. */
  readonly modelsClaim: string
}

/** Never those with a shared secret, and never `none`. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const clockToleranceSeconds = 30
const rememberedMs = 60_000
const rememberedMax = 10_000
const fetchTimeoutMs = 5000

/** `unavailable` where nobody can tell now: the keys cannot be had. */
export type TokenAnswer = Caller | 'refused' | 'expired' | 'unavailable'

interface Remembered {
  readonly caller: Caller
  readonly untilMs: number
}

export class Tokens {
  readonly #keys: JWTVerifyGetKey
  readonly #terms: TokenTerms
  readonly #known = new Map<string, Remembered>()

  constructor(keys: JWTVerifyGetKey, terms: TokenTerms) {
    this.#keys = keys
    this.#terms = terms
  }

  /** At once where the token is known already. */
  find(token: string, nowMs: number): TokenAnswer | Promise<TokenAnswer> {
    const digest = hash('sha256', token, 'base64')
    const known = this.#known.get(digest)
    if (known !== undefined && nowMs < known.untilMs) return known.caller
    return this.#verify(token, digest, nowMs)
  }

  async #verify(token: string, digest: string, nowMs: number): Promise<TokenAnswer> {
    const { issuer, audience } = this.#terms
    this.#known.delete(digest)
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(nowMs),
        requiredClaims: ['exp']
      })
      const caller = callerOf(payload, this.#terms)
      if (this.#known.size >= rememberedMax) this.#known.clear()
      this.#known.set(digest, { caller, untilMs: Math.min(nowMs + rememberedMs, payload.exp! * 1000) })
      return caller
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired'
      return isRefusal(error) ? 'refused' : 'unavailable'
    }
  }
}

/** Whether the token is at fault; otherwise it is the keys that could not be had. */
function isRefusal(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false
  if (!(error instanceof errors.JOSEError)) return false
  // The library's general error is that of a key set that answers with anything but a key set.
  return error.code !== 'ERR_JOSE_GENERIC'
}

/** A key that its issuer took back is trusted no longer than this, and than a token is remembered. */
const keysAgeMaxMs = 60_000

export function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), { timeoutDuration: fetchTimeoutMs, cacheMaxAge: keysAgeMaxMs })
}

/** Throws Error for what is no key set. */
export function localKeys(text: string): JWTVerifyGetKey {
  return createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0])
}

function callerOf(payload: JWTPayload, { scopeClaim, scopePrefix, modelsClaim }: TokenTerms): Caller {
  const given = textsOf(payload[scopeClaim])
  const granted = scopes.filter(scope => given.includes(`${scopePrefix}${scope}`))
  const models = payload[modelsClaim]
  return {
    name: `token:${String(payload.sub ?? 'without subject').slice(0, nameCharsMax)}`,
    grants: {
      scopes: new Set<GrantedScope>(granted),
      models: models === undefined ? ['*'] : textsOf(models)
    },
    allowance: undefined
  }
}

const nameCharsMax = 128

function textsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ')
  return Array.isArray(claim) ? claim.filter(entry => typeof entry === 'string') : []
}
