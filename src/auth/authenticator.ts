// Who a request comes from: a key or a token in `authorization: Bearer …`, or a key in `x-api-key`. Says what is wrong to the counts alone.
import type { Caller } from './caller.ts'
import type { KeyAnswer, KeyRing } from './key-ring.ts'
import { credentialCharsMax } from './key-text.ts'
import type { TokenAnswer, Tokens } from './tokens.ts'

/** Why a request is refused: label values of a metric. */
export const refusals = [
  'missing',
  'refused',
  'expired',
  'busy',
  'unavailable',
  'forbidden',
  'limited'
] as const
export type Refusal = (typeof refusals)[number]

export type Verdict = Caller | Exclude<Refusal, 'forbidden' | 'limited'>

export interface Credentials {
  readonly authorization: string | undefined
  readonly apiKey: string | undefined
}

export class Authenticator {
  readonly #keys: KeyRing
  readonly #tokens: Tokens | undefined

  constructor(keys: KeyRing, tokens: Tokens | undefined) {
    this.#keys = keys
    this.#tokens = tokens
  }

  /** At once where the credentials are known already. */
  verdict({ authorization, apiKey }: Credentials, nowMs: number): Verdict | Promise<Verdict> {
    const bearer = authorization === undefined ? undefined : bearerOf(authorization)
    if (authorization === undefined && apiKey === undefined) return 'missing'
    // Two that differ: it is not clear who asks.
    if (apiKey !== undefined && authorization !== undefined && apiKey !== bearer) return 'refused'
    const text = apiKey ?? bearer
    if (text === undefined || text.length > credentialCharsMax) return 'refused'
    return this.#find(text, nowMs)
  }

  #find(text: string, nowMs: number): KeyAnswer | TokenAnswer | Promise<KeyAnswer | TokenAnswer> {
    // A token has three parts with points between them, which no key has.
    if (this.#tokens !== undefined && text.split('.').length === 3) return this.#tokens.find(text, nowMs)
    return this.#keys.find(text, nowMs)
  }
}

function bearerOf(authorization: string): string | undefined {
  return /^bearer +([^ ]+) *$/i.exec(authorization.slice(0, credentialCharsMax + 16))?.[1]
}
