import fc from 'fast-check'
import t from 'tap'
import { jsonDepthMax, parseExactJson, parseTensorJson } from '../../src/tensor/exact-json.ts'

const big = 2n ** 53n

/** Whether `own` reads `text` as JSON.parse does: the same value, or a SyntaxError from both. */
function agrees(own: (text: string) => unknown, text: string): boolean {
  let expected: unknown
  try {
    expected = JSON.parse(text)
  } catch {
    try {
      own(text)
      return false
    } catch (error) {
      return error instanceof SyntaxError
    }
  }
  return sameValue(own(text), expected)
}

/** Deep equality that tells 0 from -0 and knows own keys with their order. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  const [entriesA, entriesB] = [Object.entries(a), Object.entries(b)]
  return (
    entriesA.length === entriesB.length &&
    entriesA.every(
      ([key, value], index) => entriesB[index]![0] === key && sameValue(value, entriesB[index]![1])
    )
  )
}

const reads = (text: string): boolean => agrees(parseExactJson, text)

t.test('any JSON value is read as JSON.parse reads it, compact or spread out', async () => {
  const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' })
  const safe = (text: string): boolean => !/\d{16}/.test(text)
  fc.assert(
    fc.property(value, fc.constantFrom('', ' ', '\t', '\n\r '), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      return !safe(text) || reads(text)
    }),
    { numRuns: 1000 }
  )
})

t.test('doubles are read to the last bit', async () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
      const text = Object.is(number, -0) ? '-0' : String(number)
      const read = parseExactJson(text)
      return typeof read === 'bigint' ? read === BigInt(text) : Object.is(read, number)
    }),
    { numRuns: 1000 }
  )
})

/** A JSON text into which `piece` was written, over a character or between two. */
const damaged = fc
  .record({
    text: fc.json({ maxDepth: 4, stringUnit: 'binary' }),
    place: fc.nat(),
    over: fc.nat(1),
    piece: fc.constantFrom(...'{}[]",:\\-+.eE019tfn \n\u0000x', '\\u', '__proto__')
  })
  .map(({ text, place, over, piece }) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + piece + text.slice(at + over)
  })

t.test('damaged texts are refused or read as JSON.parse does', async () => {
  fc.assert(
    fc.property(damaged, text => /\d{16}/.test(text) || reads(text)),
    { numRuns: 2000 }
  )
})

t.test('a text that is cut anywhere is a SyntaxError with the place', async t => {
  const text = '{"a":[1,-2.5e+3,"x\\u00e9\\n",true,false,null,NaN,-Infinity,{"b":{}}]}'
  t.doesNotThrow(() => parseExactJson(text))
  for (let length = 0; length < text.length; length++) {
    const cut = text.slice(0, length)
    t.throws(
      () => parseExactJson(cut),
      { name: 'SyntaxError', message: /at position \d+$/ },
      JSON.stringify(cut)
    )
  }
})

const tricky: Record<string, string[]> = {
  numbers: '-0 0 -0.0 0e0 -0e-5 1e400 -1e400 1e-400 5e-324 1E+2 1.50 123.456e-7 -1.5E-3'.split(' '),
  'no numbers': '01 -01 00 +1 .5 1. 1.e1 1e 1e+ - -- --1 0x10 1_000 1n ٣ 1.5.5 1e5.5 -a'.split(' '),
  lists: '[] [[]] [1,] [,1] [,] [1,,2] [ ] [1 [1} [1]] []x [1;2] (1)'.split(' '),
  objects: `{} {"a":1,} {,} {"a"} {"a":} {a:1} {'a':1} {"a":1] {1:2} {"a"::1} { } {"a":1"b":2}`.split(' '),
  keys: String.raw`{"a":1,"a":2} {"b":1,"a":2,"b":3} {"2":0,"1":0} {"":0} {"\u0061":1,"a":2} {"toString":0}`.split(
    ' '
  ),
  prototypes:
    '{"__proto__":1} {"__proto__":{"x":1},"__proto__":null} {"constructor":{"prototype":{"x":1}}}'.split(' '),
  words: 'true false null tru truE True nul None undefined truefalse nulll'.split(' '),
  escapes: String.raw`"\u00e9" "\uD83D\uDE00" "\ud800" "\udc00\ud800" "\/\\\"\b\f\n\r\t" "\\" "\u0000"`.split(
    ' '
  ),
  'no escapes': String.raw`"\u12" "\u12g4" "\U0041" "\x41" "\a" "\0" "\ "\\\" "\u{41}" "\'"`.split(' '),
  strings: [
    '""',
    '"',
    '"a',
    '"\\',
    "'a'",
    '"a""b"',
    '"\u007f"',
    '"\u2028\u2029"',
    '"\ud800"',
    '"\ufeff"',
    '"😀"'
  ],
  controls: ['"\n"', '"\t"', '"\u0000"', '"\u001f"', '"\u0020"', '"\\\n"', '"\\\u2028"'],
  space: [
    '',
    ' ',
    '\n',
    ' \t\r\n1 \t\r\n',
    '\ufeff1',
    '\u00a01',
    '\u000b1',
    '\f1',
    '1\u2028',
    '1 2',
    '[1 2]',
    '[1 ,2 ]'
  ],
  comments: ['/*c*/1', '1//c', '# 1', '1 /**/']
}

for (const [name, texts] of Object.entries(tricky)) {
  t.test(`${name}: the same as by JSON.parse`, async t => {
    t.same(
      texts.filter(text => !reads(text)),
      []
    )
  })
}

t.test('integers are exact: numbers where those are, bigint beyond', async t => {
  const integers = [
    big - 1n,
    big,
    big + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n,
    10n ** 300n + 1n
  ]
  for (const integer of [...integers, ...integers.map(integer => -integer)]) {
    const exact = Number.isSafeInteger(Number(integer)) ? Number(integer) : integer
    t.equal(parseExactJson(String(integer)), exact, String(integer).slice(0, 24))
    t.same(parseExactJson(`[${integer},{"x":${integer}}]`), [exact, { x: exact }])
  }
})

t.test('only plain digits become bigint', async t => {
  t.equal(parseExactJson('9007199254740993.0'), 2 ** 53)
  t.equal(parseExactJson('1e18'), 1e18)
  t.equal(parseExactJson('-12345678901234567890e0'), Number('-12345678901234567890'))
  t.equal(parseExactJson('"12345678901234567890"'), '12345678901234567890')
})

t.test('an integer of absurd length costs no bigint', async t => {
  const digits = '9'.repeat(2_000_000)
  t.equal(parseExactJson(digits), Number.POSITIVE_INFINITY)
  t.equal(parseExactJson(`-${digits}`), Number.NEGATIVE_INFINITY)
  t.type(parseExactJson('9'.repeat(308)), 'bigint')
})

t.test('the bare words of Python and Triton are numbers', async t => {
  t.same(parseExactJson('[NaN,Infinity,-Infinity, NaN ]'), [Number.NaN, Infinity, -Infinity, Number.NaN])
  t.same(parseExactJson('{"NaN":"Infinity"}'), { NaN: 'Infinity' })
  const texts = [
    'nan',
    'Nan',
    'NaN1',
    '-NaN',
    '+Infinity',
    'Inf',
    '-Inf',
    '- Infinity',
    'infinity',
    '--Infinity',
    '{NaN:1}'
  ]
  for (const text of texts) t.throws(() => parseExactJson(text), SyntaxError, text)
})

t.test('nesting has a limit, and the limit is far from the end of the stack', async t => {
  const nest = (open: string, close: string, depth: number): string =>
    open.repeat(depth) + close.repeat(depth)
  const message = `it is nested deeper than ${jsonDepthMax} levels`
  t.doesNotThrow(() => parseExactJson(nest('[', ']', jsonDepthMax)))
  t.doesNotThrow(() => parseExactJson(`[${'[],'.repeat(1000)}[]]`), 'siblings are no nesting')
  t.throws(() => parseExactJson(nest('[', ']', jsonDepthMax + 1)), { name: 'SyntaxError', message })
  t.throws(() => parseExactJson(nest('[', ']', 1_000_000)), { name: 'SyntaxError', message })
  t.throws(() => parseExactJson('{"a":'.repeat(jsonDepthMax + 1)), { name: 'SyntaxError', message })
  t.throws(() => parseExactJson('[{"a":'.repeat(jsonDepthMax)), { name: 'SyntaxError', message })
})

t.test('a key __proto__ is a plain key and reaches no prototype', async t => {
  const object = parseExactJson('{"__proto__":{"polluted":1},"x":2}') as Record<string, unknown>
  t.equal(Object.getPrototypeOf(object), Object.prototype)
  t.same(Object.keys(object), ['__proto__', 'x'])
  t.equal(object['polluted'], undefined)
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

t.test('strings of millions of escapes are read, or refused, without running out of stack', async t => {
  const escapes = '\\n'.repeat(3_000_000)
  t.equal((parseExactJson(`"${escapes}"`) as string).length, 3_000_000)
  t.throws(() => parseExactJson(`"${escapes}`), {
    name: 'SyntaxError',
    message: 'unexpected end at position 6000001'
  })
})

t.test('an error says what stands where', async t => {
  const cases: [string, string][] = [
    ['[1,x]', 'unexpected "x" at position 3'],
    ['{"a":"b\\q"}', 'unexpected "\\\\" at position 7'],
    ['["a\nb"]', 'unexpected "\\n" at position 3'],
    ['[\ud800]', 'unexpected "\\ud800" at position 1'],
    ['{"a" 1}', 'unexpected "1" at position 5'],
    ['[1', 'unexpected end at position 2'],
    ['[1]]', 'unexpected "]" at position 3']
  ]
  for (const [text, message] of cases) t.throws(() => parseExactJson(text), { name: 'SyntaxError', message })
})

t.test('JSON.parse reads what it reads exactly, the exact reader the rest', async t => {
  const wide = '{"x":[9007199254740993],"y":NaN}'
  t.same(parseTensorJson('[9007199254740993]', false), [2 ** 53], 'nobody minds')
  t.same(parseTensorJson('[9007199254740993]', true), [big + 1n])
  t.same(parseTensorJson('[900719925474099]', true), [900_719_925_474_099])
  t.same(parseTensorJson('[NaN,-Infinity]', false), [Number.NaN, -Infinity])
  t.same(parseTensorJson(wide, false), { x: [big + 1n], y: Number.NaN })
  for (const text of ['', '[1', 'nan', '[NaN', '[Infinity}', '{"NaN":x}']) {
    for (const wideIntegers of [false, true]) {
      t.throws(() => parseTensorJson(text, wideIntegers), SyntaxError, text)
    }
  }
})

t.test('for texts without long digits both readers agree, whoever asks', async () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), fc.boolean(), (text, wideIntegers) => {
      if (/\d{16}/.test(text)) return true
      return agrees(text => parseTensorJson(text, wideIntegers), text)
    })
  )
})
