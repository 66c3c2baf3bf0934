import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { keptKey } from '../../src/config/kept-key.ts'
import { openStateDirectory } from '../../src/config/state-directory.ts'

t.test('a key is made once, and is another in another folder', async t => {
  const folder = t.testdir({})
  const open = (name: string) => openStateDirectory(join(folder, name))
  const first = await keptKey(await open('one'), 'key')
  t.equal(first.length, 32)
  t.strictSame(await keptKey(await open('one'), 'key'), first)
  t.notSame(await keptKey(await open('other'), 'key'), first)
  t.notSame(await keptKey(await open('one'), 'another-key'), first)
})

t.test('what is no key is replaced', async t => {
  const folder = t.testdir({})
  const state = await openStateDirectory(folder)
  for (const text of ['', 'short', 'g'.repeat(64), '0'.repeat(63)]) {
    writeFileSync(join(folder, 'key'), text)
    const key = await keptKey(state, 'key')
    t.strictSame(await keptKey(state, 'key'), key)
    t.equal(key.length, 32, text)
  }
})

t.test('a key that cannot be kept is a key all the same', async t => {
  const full = { read: async () => undefined, write: () => Promise.reject(new Error('ENOSPC')) }
  t.equal((await keptKey(full, 'key')).length, 32)
})
