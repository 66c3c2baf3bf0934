import t from 'tap'
import { hashSecret, isHash, verifySecret } from '../../src/auth/key-hash.ts'
import { credentialCharsMax, makeKey, parseKey } from '../../src/auth/key-text.ts'

t.test('a key is found by its id and proved by its secret', async t => {
  const { id, secret, text } = makeKey()
  t.match(text, /^kedge_[0-9a-f]{12}_[\w-]{43}$/)
  t.strictSame(parseKey(text), { id, secret })
  t.not(makeKey().text, text)
  const fixed = makeKey(bytes => Buffer.alloc(bytes, 0xff))
  t.equal(fixed.text, `kedge_ffffffffffff_${'_'.repeat(42)}8`)
})

t.test('what is no key', async t => {
  const { text } = makeKey()
  for (const other of [
    '',
    'kedge_',
    text.slice(0, -1),
    `${text}x`,
    text.toUpperCase(),
    ` ${text}`,
    text.replace('_', '-'),
    'x'.repeat(credentialCharsMax + 1),
    `kedge_${'0'.repeat(12)}_${'é'.repeat(43)}`
  ])
    t.equal(parseKey(other), undefined, other.slice(0, 40))
})

t.test('a hash is of one secret, and has a salt of its own', async t => {
  const [one, other] = [await hashSecret('secret'), await hashSecret('secret')]
  t.not(one, other)
  t.notMatch(one, /secret/)
  t.strictSame(
    [await verifySecret('secret', one), await verifySecret('Secret', one), await verifySecret('', one)],
    [true, false, false]
  )
  t.equal(await verifySecret('', `scrypt$16384$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`), false)
  // RFC 7914's second vector, of which these are the first 32 bytes.
  const vector = `scrypt$1024$8$16$${Buffer.from('NaCl').toString('base64url')}$`
  t.equal(isHash(`${vector}${'A'.repeat(43)}`), false, 'a salt of four bytes is too short')
})

t.test('what is no hash: unreadable, or dearer than a server can afford', async t => {
  const good = await hashSecret('x')
  t.ok(isHash(good))
  const [, N, r, p, salt, hash] = good.split('$')
  for (const bad of [
    '',
    'secret',
    good.slice(0, -20),
    ['scrypt', 999_999, r, p, salt, hash].join('$'),
    ['scrypt', 524_288, 99, p, salt, hash].join('$'),
    ['scrypt', N, 0, p, salt, hash].join('$'),
    ['scrypt', 3, r, p, salt, hash].join('$'),
    ['bcrypt', N, r, p, salt, hash].join('$')
  ])
    t.equal(isHash(bad), false, bad)
})
