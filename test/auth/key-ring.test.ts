import t from 'tap'
import type { KeyRecord } from '../../src/auth/key-file.ts'
import { KeyRing } from '../../src/auth/key-ring.ts'
import { makeKey } from '../../src/auth/key-text.ts'
import { deferred } from '../../src/base/deferred.ts'
import { turn } from '../helpers/turn.ts'

const now = Date.UTC(2026, 10, 26)

/** A ring whose hashes are the secrets with a word before them, and a count of how often one was computed. */
function ring(records: readonly KeyRecord[]) {
  const looked: string[] = []
  const one = new KeyRing(async (secret, stored) => {
    looked.push(stored)
    return Promise.resolve(stored === `hash of ${secret}`)
  })
  one.replace(records, now)
  return { one, looked }
}

function key(more: Partial<KeyRecord> = {}) {
  const { id, secret, text } = makeKey()
  const record: KeyRecord = {
    id,
    name: 'app',
    hash: `hash of ${secret}`,
    scopes: ['predict'],
    models: ['*'],
    ...more
  }
  return { record, text }
}

t.test('a key is hashed once, and known at once from then on', async t => {
  const { record, text } = key()
  const { one, looked } = ring([record])
  const first = one.find(text, now)
  t.ok(first instanceof Promise)
  t.match(await first, { name: 'app', grants: { models: ['*'] } })
  t.match(one.find(text, now), { name: 'app' })
  t.equal(looked.length, 1)
})

t.test(
  'wrong, unknown and mutilated keys are refused alike; a wrong one costs nothing twice, the others nothing at all',
  async t => {
    const { record, text } = key()
    const { one, looked } = ring([record])
    const wrong = `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`
    t.equal(await one.find(wrong, now), 'refused')
    t.equal(one.find(wrong, now), 'refused', 'at once the second time')
    for (const none of ['', 'kedge_', text.slice(0, 40), 'x'.repeat(10_000), makeKey().text])
      t.equal(one.find(none, now), 'refused', 'at once')
    t.strictSame(looked, [record.hash])
  }
)

t.test('a key ends on its day', async t => {
  const { record, text } = key({ expires: now + 1000 })
  const { one } = ring([record])
  t.match(await one.find(text, now), { name: 'app' })
  t.match(one.find(text, now + 999), { name: 'app' })
  t.equal(one.find(text, now + 1000), 'expired')
})

t.test(
  'a key that is taken out is refused from then on; the others stay known, with what they have spent',
  async t => {
    const [gone, stays] = [key(), key({ quota: { requests: 1, per: 'day' } })]
    const { one, looked } = ring([gone.record, stays.record])
    await one.find(gone.text, now)
    const caller = await one.find(stays.text, now)
    if (typeof caller === 'string') return t.fail(caller)
    t.equal(caller.allowance?.take(now), 0)
    one.replace([{ ...stays.record }], now)
    t.equal(await one.find(gone.text, now), 'refused')
    t.equal(one.find(stays.text, now), caller)
    t.ok(caller.allowance!.take(now) > 0)
    one.replace([{ ...stays.record, scopes: ['read'] }], now)
    const changed = one.find(stays.text, now)
    t.ok(changed instanceof Promise, 'what it may do has changed: it is looked at again')
    t.match(await changed, { grants: { scopes: new Set(['read']) } })
    t.equal(looked.length, 3)
    return undefined
  }
)

t.test('a key that goes while it is looked at is refused', async t => {
  const { record, text } = key()
  const verdict = deferred<boolean>()
  const one = new KeyRing(() => verdict.promise)
  one.replace([record], now)
  const answer = one.find(text, now)
  one.replace([], now)
  verdict.resolve(true)
  t.equal(await answer, 'refused')
})

t.test(
  'a flood of wrong secrets waits in a line that has an end; one of made-up ids keeps nobody waiting',
  async t => {
    const { record, text } = key()
    const hold = deferred<boolean>()
    const one = new KeyRing(async (secret, stored) => (stored === `hash of ${secret}` ? true : hold.promise))
    one.replace([record], now)
    await one.find(text, now)
    const madeUp = Array.from({ length: 1000 }, () => one.find(makeKey().text, now))
    t.strictSame(new Set(madeUp), new Set(['refused']))
    const [prefix] = /^kedge_[0-9a-f]{12}_/.exec(text) ?? []
    const secretOf = (): string => makeKey().text.slice(prefix!.length)
    const flood = Array.from({ length: 70 }, () => one.find(`${prefix}${secretOf()}`, now))
    t.equal(flood.filter(answer => answer === 'busy').length, 6)
    t.match(one.find(text, now), { name: 'app' })
    hold.resolve(false)
    await turn()
    t.strictSame(new Set(await Promise.all(flood.map(async answer => answer))), new Set(['refused', 'busy']))
  }
)
