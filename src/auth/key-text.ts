// API keys as people carry them: `kedge_ID_SECRET`. The id finds the key's record, the secret is 256 random bits, and nothing of it is kept.
import { randomBytes } from 'node:crypto'

export interface KeyText {
  readonly id: string
  readonly secret: string
}

const idBytes = 6
const secretBytes = 32
const pattern = /^kedge_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/
/** Longer texts are no keys, and are not looked at. */
export const credentialCharsMax = 8192

/** A new key, from the system's randomness unless `random` says otherwise. */
export function makeKey(
  random: (bytes: number) => Buffer = randomBytes
): KeyText & { readonly text: string } {
  const id = random(idBytes).toString('hex')
  const secret = random(secretBytes).toString('base64url')
  return { id, secret, text: `kedge_${id}_${secret}` }
}

/** The parts of a key; undefined for what is none. */
export function parseKey(text: string): KeyText | undefined {
  const [, id, secret] = text.length > credentialCharsMax ? [] : (pattern.exec(text) ?? [])
  return id === undefined || secret === undefined ? undefined : { id, secret }
}
