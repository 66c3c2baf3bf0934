// The hash of a value: equal for equal values, so that records can be joined, and of no use to whoever lacks the key, not even to
// guess. HMAC-SHA256, RFC 2104, cut to 96 bits: by chance two of a billion values share one with a probability of 10^-11.
import { createHmac } from 'node:crypto'
import type { Hash } from './record.ts'

const bytesKept = 12

export function keyedHash(key: Uint8Array): Hash {
  return json =>
    `hash:${createHmac('sha256', key).update(json).digest().subarray(0, bytesKept).toString('base64url')}`
}
