import t from 'tap'
import { z } from 'zod'
import { parseEnvelope, parseJsonBody } from '../../src/protocol/json-body.ts'

/** What the action throws. */
function thrown(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('a body that is not JSON is refused without repeating it', t => {
  const cases: [Uint8Array, RegExp][] = [
    [bytes(''), /empty/],
    [bytes(' \n'), /empty/],
    [Uint8Array.of(0xff, 0xfe), /not UTF-8/],
    [bytes('{"secret":'), /not JSON: unexpected end at position 10/],
    [bytes('{"secret": x}'), /not JSON: unexpected "x" at position 11/],
    [bytes(`${'['.repeat(100)}NaN${']'.repeat(100)}`), /nested deeper than 64 levels/]
  ]
  for (const [body, message] of cases) {
    t.throws(() => parseJsonBody(body, false), { code: 'INVALID_JSON', message })
    try {
      parseJsonBody(body, false)
    } catch (error) {
      t.notMatch((error as Error).message, /secret/)
    }
  }
  t.end()
})

t.test('an envelope is checked whole, misspelt keys first', t => {
  const schema = z.strictObject({
    name: z.string({ error: 'expected a name' }),
    list: z.array(z.strictObject({ n: z.number({ error: 'expected a number' }) }))
  })
  const keysAt = () => ['name', 'list']
  t.strictSame(parseEnvelope(schema, { name: 'a', list: [{ n: 1 }] }, keysAt), {
    name: 'a',
    list: [{ n: 1 }]
  })
  t.throws(() => parseEnvelope(schema, { nmae: 'a', name: 5, list: [{ n: 'x' }] }, keysAt), {
    code: 'INVALID_REQUEST',
    details: [
      { path: 'body', problem: 'unknown key "nmae"' },
      { path: 'name', expected: 'a name', got: '5' },
      { path: 'list[0].n', expected: 'a number', got: '"x"' }
    ]
  })
  t.match(
    thrown(() => parseEnvelope(schema, 'text', keysAt)),
    { details: [{ path: 'body', got: '"text"' }] }
  )
  t.end()
})
