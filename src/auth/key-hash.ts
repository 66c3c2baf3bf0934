// What is kept of a secret: its scrypt hash with a salt of its own, as `scrypt$N$r$p$SALT$HASH` (RFC 7914; base64url).
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** 16 MiB and some thirty milliseconds: the secrets are random already, so that this is for those that people made up. */
const standard = { N: 2 ** 14, r: 8, p: 1 }
const costMax = 2 ** 17
const saltBytes = 16
const hashBytes = 32

interface Parts {
  readonly cost: ScryptOptions & { readonly N: number; readonly r: number; readonly p: number }
  readonly salt: Buffer
  readonly hash: Buffer
}

export async function hashSecret(
  secret: string,
  random: (bytes: number) => Buffer = randomBytes
): Promise<string> {
  const { N, r, p } = standard
  const salt = random(saltBytes)
  const hash = await derive(secret, salt, hashBytes, standard)
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Compares in a time that does not depend on where they differ. `stored` is one that `isHash` knows. */
export async function verifySecret(secret: string, stored: string): Promise<boolean> {
  const parts = partsOf(stored)
  if (parts === undefined) return false
  const hash = await derive(secret, parts.salt, parts.hash.length, { ...parts.cost, maxmem: 256 * 2 ** 20 })
  return timingSafeEqual(hash, parts.hash)
}

export function isHash(text: string): boolean {
  return partsOf(text) !== undefined
}

function partsOf(text: string): Parts | undefined {
  const [, N, r, p, salt, hash] =
    /^scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22,64})\$([\w-]{43,86})$/.exec(text) ?? []
  if (salt === undefined || hash === undefined) return undefined
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const isPower = cost.N >= 2 && (cost.N & (cost.N - 1)) === 0
  if (!isPower || cost.N * cost.r * cost.p > costMax * 8 || cost.r < 1 || cost.p < 1) return undefined
  return { cost, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') }
}
