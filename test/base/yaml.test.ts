import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { parseYaml } from '../../src/base/yaml.ts'

function problemsOf(text: string): readonly string[] {
  const read = parseYaml(text)
  return 'problems' in read ? read.problems : []
}

t.test('text becomes a plain value, none at all an empty one', async t => {
  const cases: [text: string, value: unknown][] = [
    ['', {}],
    ['# comment', {}],
    ['null', {}],
    ['a: 1\nb: [x, true, null]', { a: 1, b: ['x', true, null] }],
    ['text', 'text'],
    ['0', 0],
    ['a: &x [1]\nb: *x', { a: [1], b: [1] }],
    ['{ a: { k: 1 }, b: { k: 2 } }', { a: { k: 1 }, b: { k: 2 } }]
  ]
  for (const [text, value] of cases) t.strictSame(parseYaml(text), { value }, JSON.stringify(text))
})

t.test('any value that is written is read again', async () => {
  const value = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 3 }))
  fc.assert(
    fc.property(value, value => {
      // JSON writes -0 as 0, YAML does not. tap's own comparison fails on some keys that are equal.
      const plain = JSON.parse(JSON.stringify(value)) as unknown
      const read = parseYaml(stringify(plain, { aliasDuplicateObjects: false }))
      return isDeepStrictEqual(read, { value: plain })
    })
  )
})

t.test('keys that are given twice, at any depth, as text or number', async t => {
  t.strictSame(problemsOf('a: 1\nb:\n  c: 1\n  c: 2\na: 2'), [
    'key "a" is given twice at line 5, column 1',
    'key "c" is given twice at line 4, column 3'
  ])
  t.strictSame(problemsOf('- { 1: a, "1": b }'), ['key "1" is given twice at line 1, column 11'])
  t.equal(problemsOf('a: 1\n'.repeat(100)).length, 16)
})

t.test('errors say where, one line each, and the first few only', async t => {
  t.strictSame(problemsOf('a: 1\nb: { c'), [
    'Flow map in block collection must be sufficiently indented and end with a } at line 2, column 7'
  ])
  t.equal(problemsOf('a: @b\n'.repeat(100)).length, 16)
  for (const problem of problemsOf(`a: "${'\\q'.repeat(100)}`))
    t.match(problem, /^[^\n]+ at line 1, column \d+$/)
})

t.test('aliases have a limit', async t => {
  const text = (count: number): string =>
    Array.from({ length: count }, (_, index) => `- &a${index} 1\n- *a${index}`).join('\n')
  t.strictSame(problemsOf(text(100)), [])
  t.strictSame(problemsOf(text(101)), ['more than 100 aliases'])
  t.match(problemsOf('a: *none'), [/^Unresolved alias/])
  t.strictSame(problemsOf('card: &c { self: *c }'), [
    'alias *c refers to what it stands in at line 1, column 18'
  ])
  t.strictSame(problemsOf('a: &a { b: 1 }\nc: *a'), [], 'twice is not within')
})

t.test('anything is a value or problems', async () => {
  const piece = fc.constantFrom(...'[]{}:,-?&*!|>\'"%@` \n\tab1#', '---', '<<: ', '*a', '&a ', '!!js ')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), pieces => {
      const read = parseYaml(pieces.join(''))
      return 'value' in read || read.problems.length > 0
    }),
    { numRuns: 1000 }
  )
})
