// Heads that nobody would write: names, values, how many there are, how long they are, and the same header twice.
import { type Draft, latin, linesOf, type Made, type Start, single } from './attack.ts'
import { anyDraft, inferDraft, replacing, withHeaders } from './requests.ts'

const names = [
  '',
  ' ',
  'a b',
  'a\tb',
  'a:',
  ':',
  'a\0b',
  'a\x7f',
  'a\xff',
  'é',
  '(a)',
  'a"b',
  '{a}',
  '\r',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'x'.repeat(9000)
]
const values = [
  '',
  ' ',
  '\0',
  'a\0b',
  'a\rb',
  'a\nb',
  'a\r\n b',
  '\x01',
  '\x7f',
  '\xff\xfe',
  'a\x0bb',
  '"',
  '\\',
  '%0d%0aset-cookie: a=b',
  '$'.concat('{jndi:ldap://127.0.0.1/a}'),
  '() { :; }; id',
  '../../etc/passwd',
  '-1',
  '1e999',
  'NaN',
  'x'.repeat(8000),
  '😀',
  ','.repeat(3000)
]

/** Headers that Kedge, the framework or Node reads. */
const known = [
  'host',
  'x-request-id',
  'traceparent',
  'accept',
  'accept-encoding',
  'content-type',
  'content-encoding',
  'inference-header-content-length',
  'x-kedge-timeout-ms',
  'x-api-key',
  'authorization',
  'cookie',
  'range',
  'if-none-match',
  'if-modified-since',
  'if-range',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-http-method-override',
  'x-original-url',
  'x-rewrite-url',
  'origin',
  'date'
]

const particular: readonly (readonly [string, readonly string[]])[] = [
  ['x-kedge-timeout-ms', ['0', '1', '-1', '1.5', '1e3', '0x10', '99999999999999999999', ' 5', 'soon', '']],
  [
    'inference-header-content-length',
    ['-1', '0', '1', '1e3', '0x10', '9007199254740993', '4294967296', '1, 2', 'x', '']
  ],
  ['x-request-id', ['a\tb', 'x'.repeat(129), '<b>', '__proto__', '"', '%0d%0a']],
  [
    'traceparent',
    [
      '00-0-0-00',
      `00-${'f'.repeat(32)}-${'f'.repeat(16)}-01`,
      `ff-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
      '00'
    ]
  ],
  [
    'accept-encoding',
    [
      'gzip;q=0',
      'gzip;q=1e999',
      '*;q=0',
      'br',
      ',,,',
      `gzip${',gzip'.repeat(1500)}`,
      'gzip;;;=',
      'deflate, gzip;q=-1'
    ]
  ],
  [
    'range',
    ['bytes=0-', 'bytes=-1', 'bytes=0-0,1-1,2-2', `bytes=0-${',0-'.repeat(1300)}`, 'bytes=9-1', 'lines=1-2']
  ],
  ['host', ['', 'evil.test', '127.0.0.1:99999', 'a, b', '[::1', '../..', '@', 'a b']],
  [
    'connection',
    ['close, x-request-id', 'keep-alive, close', 'upgrade', 'host', 'transfer-encoding', 'close, close']
  ],
  [
    'content-type',
    [
      'application/json; charset=utf-16',
      'application/json;;',
      'application/JSON',
      'text/plain',
      'multipart/form-data',
      'application/xml',
      'application',
      '/',
      'application/json, text/csv',
      'application/vnd.x+json',
      `application/json;${'a'.repeat(7000)}`
    ]
  ]
]

const isHurrying = ({ headers }: Draft): boolean => headers.some(([name]) => name === 'x-kedge-timeout-ms')

export function oddHeader(start: Start): Made {
  const { draw } = start
  const draft = draw.chance(0.5) ? inferDraft(start) : anyDraft(start)
  const [name, list] = draw.pick(particular)
  const changed = draw.pick([
    () => withHeaders(draft, [draw.pick(names), draw.pick(['x', ...values])]),
    () => withHeaders(draft, [draw.pick(known), draw.pick(values)]),
    () =>
      withHeaders(draft, [
        draw.bytes(draw.between(1, 30)).toString('latin1'),
        draw.bytes(draw.between(0, 30)).toString('latin1')
      ]),
    () => replacing(draft, name, draw.pick(list)),
    () => withHeaders(draft, [name, draw.pick(list)], [name, draw.pick(list)])
  ])()
  // Whoever asks for an end in another way may keep the connection.
  const isSure =
    changed.headers.filter(([other]) => other.toLowerCase() === 'connection').length === 1 &&
    name !== 'connection'
  return single(changed, { isHurried: isHurrying(changed), ...(!isSure && { leaving: 'quiet' }) })
}

/** More than a connection takes in while nobody reads it. */
const longHeadBytes = 60_000

/** More headers than anybody needs, and longer ones. */
export function manyHeaders(start: Start): Made {
  const { draw } = start
  const draft = inferDraft(start)
  const count = draw.pick([50, 500, 2100, 3000, 20_000])
  const many = Array.from({ length: count }, (_, index): [string, string] => [
    draw.pick(['a', 'x-a', `h${index}`]),
    ''
  ])
  const long: [string, string] = ['x-long', 'x'.repeat(draw.pick([4000, 16_000, 17_000, 70_000, 300_000]))]
  const headers = draw.pick([
    [...many, ...draft.headers],
    [...draft.headers, ...many],
    [...draft.headers, long],
    [...draft.headers, ...Array.from({ length: draw.between(2, 6) }, () => long)]
  ])
  // Whoever still sends when the connection is closed may lose the answer that came before.
  const isLong = linesOf(headers).length > longHeadBytes
  return single({ ...draft, headers }, { answers: [isLong ? 0 : 1, 1] })
}

/** Lines that end, begin or go on where they must not. */
export function brokenLines(start: Start): Made {
  const { draw } = start
  const { method, target, version, headers, body } = inferDraft(start)
  const head = `${method} ${target} ${version}\r\n${linesOf(headers)}content-length: ${body.length}\r\n\r\n`
  const ends = [...head.matchAll(/\r\n/g)].map(match => match.index)
  const at = draw.pick(ends)
  const other = draw.pick([
    '\n',
    '\r',
    '\r\r\n',
    '\n\r',
    '\r\n ',
    '\r\n\t',
    '\0\r\n',
    ' \r\n',
    '\r\n\r',
    '\x0b\r\n',
    '\u0085'
  ])
  const broken = latin(head.slice(0, at) + other + head.slice(at + 2))
  const without = latin(head.replaceAll('\r\n', draw.pick(['\n', '\r', ''])))
  // It may also wait for the rest of what it takes for a head.
  const pieces = [draw.chance(0.8) ? broken : without, body]
  return { pieces, leaving: 'quiet', answers: [0, 2] }
}
