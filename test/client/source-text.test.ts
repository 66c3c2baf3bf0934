import t from 'tap'
import ts from 'typescript'
import {
  commentText,
  docComment,
  propertyName,
  scalarLiteral,
  sentence,
  stringLiteral
} from '../../src/client/source-text.ts'

const hostile = [
  '',
  "it's",
  '"double" and `tick` and $' + '{1 + 1}',
  '\\',
  "\\'",
  '\\\\"',
  '*/ export const stolen = 1 /*',
  'line\nend\r\nand\u2028more\u2029',
  '\u0000\u001b[31m\u007f\u0085',
  '\u202e/* turned */\u2066',
  '\ud800 alone',
  '日本語 🙂',
  '__proto__',
  'constructor',
  '</script>',
  '@ts-nocheck'
]

/** The value of a literal, read by the compiler. */
function textOf(text: string): string {
  const source = ts.createSourceFile('a.ts', `const a = ${text}`, ts.ScriptTarget.ES2022, true)
  const [statement, ...others] = source.statements
  const initializer = (statement as ts.VariableStatement).declarationList.declarations[0]?.initializer
  if (others.length > 0 || initializer === undefined || !ts.isStringLiteral(initializer))
    throw new Error(`no literal alone: ${text}`)
  return initializer.text
}

t.test('a literal is the text that it was made from, on one line', async t => {
  for (const text of hostile) {
    const literal = stringLiteral(text)
    t.equal(textOf(literal), text, literal)
    t.notMatch(literal, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    t.equal(textOf(propertyName(text).replace(/^[^'].*$/s, "'$&'")), text)
  }
  t.equal(stringLiteral('a "b"'), `'a "b"'`)
  t.strictSame([1, -1.5, true, 'x'].map(scalarLiteral), ['1', '-1.5', 'true', "'x'"])
})

t.test('plain keys stay plain, others get quotes', async t => {
  const cases = { a: 'a', a_1: 'a_1', $: '$', '1a': "'1a'", 'a-b': "'a-b'", ä: "'ä'", '': "''", new: 'new' }
  for (const [name, written] of Object.entries(cases)) t.equal(propertyName(name), written)
  t.equal(propertyName('__proto__'), "'__proto__'", 'it would set a prototype where objects are written')
})

t.test('a comment is one comment', async t => {
  for (const text of [...hostile, '**//*/', '*\u0000/', '* /', '/', '*']) {
    for (const comment of [docComment([text]), docComment([text, 'x'.repeat(120)], '  ')]) {
      const source = ts.createSourceFile('a.ts', `${comment}const a = 1\n`, ts.ScriptTarget.ES2022, true)
      t.equal(source.statements.length, 1, JSON.stringify(comment))
      t.equal(source.statements[0]?.getText(), 'const a = 1')
    }
  }
})

t.test('a comment gives no orders to tools', async t => {
  t.equal(commentText('@ts-ignore'), '@ ts-ignore')
  t.equal(commentText('see {@link x} and @deprecated'), 'see {@ link x} and @ deprecated')
  t.equal(commentText('mail a@b.example'), 'mail a@b.example')
})

t.test('comments are one line where they fit, else a line a sentence', async t => {
  t.equal(docComment(['One.', '', 'Two.']), '/** One. Two. */\n')
  t.equal(docComment(['One.', 'x'.repeat(100)], '  '), `  /**\n   * One.\n   * ${'x'.repeat(100)}\n   */\n`)
  t.equal(docComment([]), '')
  t.equal(docComment(['\n']), '')
  t.strictSame(['a', 'a.', 'a? ', ' '].map(sentence), ['a.', 'a.', 'a?', ''])
})
