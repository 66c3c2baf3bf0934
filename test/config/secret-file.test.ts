import { writeFileSync } from 'node:fs'
import t from 'tap'
import { ConfigError } from '../../src/config/load.ts'
import { readHashKey, readWebhookKey } from '../../src/config/secret-file.ts'

process.chdir(t.testdir({}))

function file(text: string): string {
  writeFileSync('secret', text)
  return 'secret'
}

/** What the start ends with, or undefined where there is a key. */
function problemOf(read: () => Buffer): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.join('; ')
  }
}

t.test('the key of hashes is the text of its file', async t => {
  const text = 'sixteen bytes or'
  t.strictSame(readHashKey('setting', file(` ${text}\n`)), Buffer.from(text))
  const cases: [find: () => Buffer, problem: string][] = [
    [
      () => readHashKey('a.b', file('too short\n')),
      'a.b: secret: expected a key of 16 bytes at least, got 9'
    ],
    [() => readHashKey('a.b', file('')), 'a.b: secret: expected a key of 16 bytes at least, got 0'],
    [
      () => readHashKey('a.b', file('x'.repeat(65_537))),
      'a.b: secret: expected 65536 bytes at most, got 65537'
    ],
    [() => readHashKey('a.b', 'none'), 'a.b: none cannot be read (ENOENT)'],
    [() => readHashKey('a.b', '.'), 'a.b: . cannot be read (EISDIR)']
  ]
  for (const [find, problem] of cases) t.equal(problemOf(find), problem)
})

t.test('the key of a webhook is base64, with whsec_ before it or without', async t => {
  const key = Buffer.alloc(32, 7)
  const encoded = key.toString('base64')
  for (const text of [encoded, `whsec_${encoded}`, `whsec_${encoded}\n`])
    t.strictSame(readWebhookKey('setting', file(text)), key)
  const bytes = (count: number) => `whsec_${Buffer.alloc(count, 1).toString('base64')}`
  for (const count of [24, 64]) t.equal(readWebhookKey('setting', file(bytes(count))).length, count)
  const cases: [text: string, problem: string][] = [
    [bytes(23), 'a.b: secret: expected 24 to 64 bytes in base64, got 23 bytes'],
    [bytes(65), 'a.b: secret: expected 24 to 64 bytes in base64, got 65 bytes'],
    ['whsec_', 'a.b: secret: expected whsec_ and base64, got something else'],
    ['', 'a.b: secret: expected whsec_ and base64, got something else'],
    ['my dear password', 'a.b: secret: expected whsec_ and base64, got something else']
  ]
  for (const [text, problem] of cases)
    t.equal(
      problemOf(() => readWebhookKey('a.b', file(text))),
      problem
    )
})
