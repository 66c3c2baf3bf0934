// Which key a text is. The first time costs a scrypt hash, off this thread; afterwards its digest is remembered, in memory and for as long as
// the key is in force. An id that nobody has is refused at once: ids are no secrets, and a hash for each that is made up would keep others waiting.
import { hash } from 'node:crypto'
import { Limiter } from '../base/limiter.ts'
import { Allowance } from './allowance.ts'
import type { Caller } from './caller.ts'
import type { KeyRecord } from './key-file.ts'
import { verifySecret } from './key-hash.ts'
import { type KeyText, parseKey } from './key-text.ts'

/** Hashes at once: each takes a core and 16 MiB. */
const hashesAtOnceMax = 1
/** Keys that wait for theirs; more are told to come again. */
const waitingMax = 64
/** Wrong keys that are remembered, so that a client which repeats one costs nothing. */
const refusedMax = 10_000

interface Known {
  readonly record: KeyRecord
  readonly caller: Caller
}

/** `busy` where too many unknown keys wait to be looked at. */
export type KeyAnswer = Caller | 'refused' | 'expired' | 'busy'

export class KeyRing {
  #keys: ReadonlyMap<string, Known> = new Map()
  /** By the digest of the whole text. */
  #verified = new Map<string, Known>()
  #refused = new Set<string>()
  #waiting = 0
  readonly #limiter = new Limiter(hashesAtOnceMax)
  readonly #verify: typeof verifySecret

  constructor(verify: typeof verifySecret = verifySecret) {
    this.#verify = verify
  }

  get size(): number {
    return this.#keys.size
  }

  /** Takes these keys in place of those before. A key whose record is the same stays known, with what it has spent. */
  replace(records: readonly KeyRecord[], nowMs: number): void {
    const before = this.#keys
    this.#keys = new Map(
      records.map(record => {
        const known = before.get(record.id)
        const isSame = known !== undefined && JSON.stringify(known.record) === JSON.stringify(record)
        return [record.id, isSame ? known : { record, caller: callerOf(record, nowMs) }]
      })
    )
    for (const [digest, known] of this.#verified)
      if (this.#keys.get(known.record.id) !== known) this.#verified.delete(digest)
    this.#refused.clear()
  }

  /** At once where the text is known already. */
  find(text: string, nowMs: number): KeyAnswer | Promise<KeyAnswer> {
    const digest = hash('sha256', text, 'base64')
    const verified = this.#verified.get(digest)
    if (verified !== undefined) return inForce(verified, nowMs)
    if (this.#refused.has(digest)) return 'refused'
    const key = parseKey(text)
    const known = key && this.#keys.get(key.id)
    if (key === undefined || known === undefined) return 'refused'
    if (this.#waiting >= waitingMax) return 'busy'
    return this.#look(key, known, digest, nowMs)
  }

  async #look({ id, secret }: KeyText, known: Known, digest: string, nowMs: number): Promise<KeyAnswer> {
    this.#waiting++
    try {
      const fits = await this.#limiter.run(() => this.#verify(secret, known.record.hash))
      // The keys may have been replaced meanwhile.
      if (fits && this.#keys.get(id) === known) {
        this.#verified.set(digest, known)
        return inForce(known, nowMs)
      }
      if (this.#refused.size >= refusedMax) this.#refused.clear()
      if (this.#keys.get(id) === known) this.#refused.add(digest)
      return 'refused'
    } finally {
      this.#waiting--
    }
  }
}

function inForce({ record, caller }: Known, nowMs: number): KeyAnswer {
  return record.expires !== undefined && nowMs >= record.expires ? 'expired' : caller
}

function callerOf({ name, scopes, models, rate, quota }: KeyRecord, nowMs: number): Caller {
  const burst = rate && {
    requestsPerSecond: rate.requestsPerSecond,
    burst: rate.burst ?? Math.max(1, rate.requestsPerSecond)
  }
  return {
    name,
    grants: { scopes: new Set(scopes), models },
    allowance:
      rate === undefined && quota === undefined ? undefined : new Allowance({ rate: burst, quota }, nowMs)
  }
}
