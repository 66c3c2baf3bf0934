import { createHmac } from 'node:crypto'
import t from 'tap'
import { keyedHash } from '../../../src/monitoring/prediction-log/hash.ts'

t.test('equal values have equal hashes under one key, and no others', async t => {
  const key = Buffer.from('a key of some length')
  const hash = keyedHash(key)
  const values = ['1', '"1"', '2', 'true', '"NaN"', '"ä"', '""']
  const hashes = values.map(hash)
  t.equal(new Set(hashes).size, values.length)
  t.strictSame(values.map(keyedHash(Buffer.from(key))), hashes)
  for (const text of hashes) t.match(text, /^hash:[\w-]{16}$/)
  const other = values.map(keyedHash(Buffer.from('another key')))
  t.equal(new Set([...hashes, ...other]).size, 2 * values.length)
})

t.test('a hash is the beginning of an HMAC-SHA256', async t => {
  const key = Buffer.from('key')
  const whole = createHmac('sha256', key).update('"Ada"').digest('base64url')
  t.equal(keyedHash(key)('"Ada"'), `hash:${whole.slice(0, 16)}`)
})
