// Request lines that nobody would write: paths, queries, methods and versions.
import { type Made, type Start, single } from './attack.ts'
import { anyDraft, draftOf } from './requests.ts'

const odd = [
  '..',
  '../',
  '/../',
  '%2e%2e',
  '%2e%2e%2f',
  '..%2f',
  '..%5c',
  '\\',
  '//',
  '///',
  '/./',
  '%2f',
  '%00',
  '\0',
  '%0d%0a',
  '%',
  '%z',
  '%zz',
  '%c0%ae',
  '%ff',
  '%ed%a0%80',
  '%u0041',
  '\x01',
  '\x7f',
  '\xff\xfe',
  '\xc3\x28',
  '\t',
  '#',
  '#x',
  '?',
  '??',
  '&',
  '=',
  ';',
  ';x=1',
  '*',
  ':',
  '::',
  ':predict',
  ':explain',
  '@',
  '{model}',
  '<script>',
  '"',
  "'",
  '|',
  '`',
  '$(id)',
  '__proto__',
  'constructor',
  '%E2%80%AE',
  '~',
  '.git'
] as const

/** Files of every machine and of this package, by what is in them and in no answer. */
const files = ['/etc/passwd', '/proc/self/environ', '/package.json', '/keys.yaml', '/models/iris/model.yaml']

const queries = [
  '?limit=-1',
  '?limit=1e9',
  '?limit=',
  '?limit=9007199254740993',
  '?limit[]=1',
  '?limit=1&limit=2',
  '?__proto__[x]=1',
  '?constructor=1',
  '?window=%00',
  '?%',
  '?%zz=1',
  `?${'a=1&'.repeat(2000)}`,
  `?q=${'x'.repeat(7000)}`,
  '?version=../../1',
  '?format=%ff',
  '?;'
]

/** Any route's path with something put in, put twice, left out, made long or written in another way. */
export function oddPath(start: Start): Made {
  const { draw } = start
  const draft = anyDraft(start)
  const path = draft.target
  const segments = path.split('/')
  const at = 1 + draw.below(segments.length - 1)
  const changed = (segment: string): string =>
    segments.map((old, index) => (index === at ? segment : old)).join('/')
  const target = draw.pick([
    () => draw.inserted(path, draw.pick(odd)),
    () => draw.inserted(draw.inserted(path, draw.pick(odd)), draw.pick(odd)),
    () => path + draw.pick(odd),
    () => path + draw.pick(queries),
    () => changed(draw.pick(odd)),
    () => changed(draw.word(draw.pick([129, 1025, 4000]))),
    () => changed(encodeURIComponent('é'.repeat(200))),
    () => path.replaceAll(/[a-z]/g, letter => `%${letter.charCodeAt(0).toString(16)}`),
    () => path.replaceAll('/', '%2F'),
    () => path.toUpperCase(),
    () => '/x'.repeat(draw.pick([100, 2000])),
    () =>
      draw.pick([
        '',
        '*',
        '.',
        'x',
        'http:',
        'http://',
        '127.0.0.1:80',
        'http://127.0.0.1/%',
        `http://evil.test${path}`,
        `//evil.test${path}`
      ]),
    () => draw.bytes(draw.between(1, 40)).toString('latin1')
  ])()
  return single({ ...draft, target })
}

/** A way out of the folders that files are served from, or that models lie in. */
export function traversal(start: Start): Made {
  const { draw } = start
  const step = draw.pick([
    '../',
    '..%2f',
    '%2e%2e/',
    '%2e%2e%2f',
    '..\\',
    '..%5c',
    '%252e%252e%252f',
    '....//',
    '.%00./',
    '..;/'
  ])
  const base = draw.pick([
    '/docs/',
    '/docs/static/',
    '/v2/models/',
    '/v2/models/iris/versions/',
    '/v1/models/',
    '/'
  ])
  const target = `${base}${step.repeat(draw.between(1, 9))}${draw.pick(files).slice(1)}`
  return single(draftOf(start, { method: 'GET', path: target }))
}

/** Methods that no route has, that no protocol has, or that are none. */
export function oddMethod(start: Start): Made {
  const { draw } = start
  const draft = anyDraft(start)
  const method = draw.pick([
    'HEAD',
    'OPTIONS',
    'PUT',
    'PATCH',
    'DELETE',
    'TRACE',
    'CONNECT',
    'PROPFIND',
    'QUERY',
    'PRI',
    'SOURCE',
    'M-SEARCH',
    'get',
    'Post',
    'GETT',
    'G\0T',
    'GET\t',
    '',
    ' ',
    '\xff',
    'A'.repeat(5000),
    '__proto__',
    '"GET"',
    draw.word(7).toUpperCase()
  ])
  // Without a way to tunnel, the connection is all there is to refuse.
  const least = method === 'CONNECT' ? 0 : 1
  return single({ ...draft, method }, { answers: [least, 1], ...(method === 'HEAD' && { isHead: true }) })
}

/** Request lines with other versions, other spaces, or more of them. */
export function oddLine(start: Start): Made {
  const { draw } = start
  const draft = anyDraft(start)
  const version = draw.pick([
    'HTTP/1.0',
    'HTTP/0.9',
    'HTTP/2.0',
    'HTTP/1.2',
    'HTTP/1.1 ',
    'HTTP/1.1\t',
    'HTTP/1.10',
    'HTTP/11',
    'HTTP/-1.1',
    'http/1.1',
    'HTTP/1',
    'HTTP/',
    'HTTPS/1.1',
    'ICE/1.0',
    'RTSP/1.0',
    '',
    'x',
    'HTTP/1.1 HTTP/1.1',
    'HTTP/1.1\r',
    'HTTP/1.1\0'
  ])
  const method = draw.pick([draft.method, `\r\n${draft.method}`, ` ${draft.method}`, `${draft.method} `])
  return single({ ...draft, method, version })
}
