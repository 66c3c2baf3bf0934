// Bodies whose length two readers would not agree on, so that one of them takes the rest for a request of its own: request smuggling. And
// chunks that are none.
import { chunked, type Draft, latin, linesOf, type Made, type Start } from './attack.ts'
import { draftOf, inferBody, inferDraft, inferPath } from './requests.ts'

/** Ways to say that a body comes in chunks which not everybody takes for that. */
const chunkedHow = [
  'transfer-encoding: chunked',
  'Transfer-Encoding : chunked',
  'transfer-encoding:\tchunked',
  'transfer-encoding: xchunked',
  'transfer-encoding: chunked, identity',
  'transfer-encoding: identity, chunked',
  'transfer-encoding: chunked\r\ntransfer-encoding: x',
  'transfer-encoding: x\r\ntransfer-encoding: chunked',
  'transfer-encoding: \x0bchunked',
  'transfer-encoding: chunked\0',
  'transfer-encoding: "chunked"',
  'transfer-encoding: chunked;q=1',
  'transfer-encoding:\r\n chunked',
  ' transfer-encoding: chunked',
  'x: x\ntransfer-encoding: chunked',
  'x: x\rtransfer-encoding: chunked',
  'transfer-encoding\r\n: chunked',
  'transfer-encoding: chunk\xe9d',
  'TRANSFER-ENCODING: CHUNKED',
  'transfer-encoding: chunked\r\ntransfer-encoding: chunked',
  'transfer-encoding: gzip, chunked',
  'transfer-encoding:chunked'
]

/** Two readers would not agree on these either. */
const lengthsHow = (length: number): readonly string[] => [
  `content-length: ${length}\r\ncontent-length: 0`,
  `content-length: 0\r\ncontent-length: ${length}`,
  `content-length: ${length}, ${length}`,
  `content-length: +${length}`,
  `content-length: -${length}`,
  `content-length: 0x${length.toString(16)}`,
  `content-length: ${length} 0`,
  `content-length: ${length}\0`,
  `content-length: ${length}\x0b`,
  `content-length : ${length}`,
  `content-length:\r\n ${length}`,
  ` content-length: ${length}`,
  `x: x\ncontent-length: ${length}`,
  `content-length: ${length}.0`,
  `content-length: 1e1`,
  'content-length: 99999999999999999999',
  'content-length: 18446744073709551617',
  `content-length: "${length}"`,
  `content-length: ${length}\r\ncontent-length: ${length}`,
  `content-length: ${length},`
]

function headOf({ method, target, version, headers }: Draft, ...lines: readonly string[]): Buffer {
  return latin(
    `${method} ${target} ${version}\r\n${linesOf(headers)}${lines.map(line => `${line}\r\n`).join('')}\r\n`
  )
}

/** The request that is to be taken for one. */
function smuggled(start: Start): Buffer {
  const [method, path] = start.draw.pick([
    ['GET', '/v2/health/live'],
    ['GET', '/v2/models/iris'],
    ['POST', '/v2/repository/models/iris/unload']
  ] as const)
  const draft = draftOf({ ...start, id: start.smuggledId }, { method: 'GET', path })
  return headOf({ ...draft, method }, ...(method === 'POST' ? ['content-length: 0'] : []))
}

/** Nobody may answer what is inside: whoever cannot tell where the first one ends refuses it and closes. */
const oneAnswer = { leaving: 'quiet', answers: [0, 1] } as const satisfies Partial<Made>
const refusal = { ...oneAnswer, statuses: [400] } as const satisfies Partial<Made>

/** The length covers all; the chunks end before the second request. */
export function lengthAndChunks(start: Start): Made {
  const { draw } = start
  const rest = smuggled(start)
  const body = Buffer.concat([draw.chance(0.5) ? chunked(inferBody, draw) : latin('0\r\n\r\n'), rest])
  const lines = [`content-length: ${body.length}`, draw.pick(chunkedHow)]
  if (draw.chance(0.5)) lines.reverse()
  return { ...refusal, pieces: [headOf(inferDraft(start, { isKept: true }), ...lines), body] }
}

/** The chunks cover all; the length ends before the second request. */
export function chunksAndLength(start: Start): Made {
  const { draw } = start
  const rest = smuggled(start)
  const size = `${rest.length.toString(16)}\r\n`
  const body = Buffer.concat([latin(size), rest, latin('\r\n0\r\n\r\n')])
  const lines = [draw.pick(chunkedHow), `content-length: ${size.length}`]
  if (draw.chance(0.5)) lines.reverse()
  return { ...refusal, pieces: [headOf(inferDraft(start, { isKept: true }), ...lines), body] }
}

/** Two codings, one of which some do not see. */
export function chunksTwice(start: Start): Made {
  const { draw } = start
  const [one, other] = [draw.pick(chunkedHow), draw.pick(chunkedHow)]
  const isPlain = (line: string): boolean => /^transfer-encoding:\s*chunked$/i.test(line)
  // Said once and once more in other letters is no contradiction, but no other reader would take it for anything else.
  const lines = isPlain(one) && isPlain(other) ? [one, 'transfer-encoding: identity'] : [one, other]
  const body = Buffer.concat([latin('0\r\n\r\n'), smuggled(start)])
  const hidden = latin(`content-length: ${body.length}`).toString('latin1')
  return { ...refusal, pieces: [headOf(inferDraft(start, { isKept: true }), ...lines, hidden), body] }
}

/** Lengths that differ or are no numbers. */
export function oddLength(start: Start): Made {
  const { draw } = start
  const rest = smuggled(start)
  const body = Buffer.concat([inferBody, rest])
  const line = draw.pick(lengthsHow(draw.pick([inferBody.length, body.length])))
  const isPlain = /^content-length: \d{1,5}$/.test(line)
  return { ...refusal, pieces: [headOf(inferDraft(start, { isKept: !isPlain }), line), body] }
}

/** A request in the body of one that has none. */
export function bodyOfGet(start: Start): Made {
  const { draw } = start
  const rest = smuggled(start)
  const path = draw.pick(['/v2/health/live', '/v2/models', '/nothing', '/v2/models/iris/infer'])
  const draft = draftOf(start, { method: 'GET', path }, { isKept: true })
  const method = draw.pick(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])
  const length = `content-length: ${rest.length}`
  // An honest length: the one answer, and then nothing.
  return {
    pieces: [headOf({ ...draft, method }, length), rest],
    leaving: 'quiet',
    answers: [1, 1],
    isHead: method === 'HEAD'
  }
}

const oddSizes = [
  '',
  ' ',
  '-1',
  '+5',
  '0x5',
  '5 ',
  ' 5',
  '5;',
  '5;a',
  '5;a=b',
  '5;a="b',
  '5;\n',
  '5\n',
  'g',
  '00000000000000000000005',
  'ffffffffffffffff',
  'fffffffffffffffff',
  '7fffffffffffffff',
  '5,5',
  '5\0',
  '5\r',
  '٥',
  '1e1',
  `5;${'x'.repeat(20_000)}`
]
const oddTrailers = [
  'x: y',
  'content-length: 5',
  'transfer-encoding: chunked',
  'authorization: Bearer x',
  'x-request-id: y',
  ' x: y',
  'x',
  'x\0: y',
  `x: ${'y'.repeat(20_000)}`,
  'host: evil.test'
]

/** Chunks with sizes, extensions, ends and trailers of all kinds. */
export function oddChunks(start: Start): Made {
  const { draw } = start
  const first = draw.pick(oddSizes)
  const after = draw.pick(['\r\n', '\n', '\r', '', 'xx', '\r\n\r\n'])
  const half = inferBody.subarray(0, 5)
  const rest = inferBody.subarray(5)
  const size = rest.length.toString(16)
  const trailer = draw.chance(0.5) ? `${draw.pick(oddTrailers)}\r\n` : ''
  const end = draw.pick([
    `0\r\n${trailer}\r\n`,
    `0;x\r\n${trailer}\r\n`,
    `000\r\n${trailer}\r\n`,
    '0\n\n',
    '0\r\n',
    '',
    `${size}\r\n`
  ])
  const pieces = [
    headOf(inferDraft(start), 'transfer-encoding: chunked'),
    latin(`${first}\r\n`),
    half,
    latin(after),
    latin(`${size}\r\n`),
    rest,
    latin(`\r\n${end}`)
  ]
  return { ...oneAnswer, pieces: draw.chance(0.5) ? pieces : [Buffer.concat(pieces)] }
}

/** Right requests one after the other without waiting, and then one that is wrong: the right ones get their answers, in order. */
export function pipelined(start: Start): Made {
  const { draw } = start
  const count = draw.between(1, 4)
  const right = Array.from({ length: count }, (_, which) =>
    headAndBody(inferDraft(start, { which, isKept: true }))
  )
  const bad = draw.pick([
    latin('\0\0\0\0\r\n\r\n'),
    latin('GARBAGE\r\n\r\n'),
    latin(`GET ${inferPath} HTTP/9.9\r\n\r\n`),
    latin('GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'),
    latin('GET / HTTP/1.1\r\na b: c\r\n\r\n'),
    draw.bytes(60)
  ])
  const bytes = Buffer.concat([...right, bad])
  return {
    pieces: draw.chance(0.5) ? [bytes] : draw.cut(bytes, 4),
    leaving: 'closed',
    answers: [count + 1, count + 1]
  }
}

function headAndBody(draft: Draft): Buffer {
  return Buffer.concat([headOf(draft, `content-length: ${draft.body.length}`), draft.body])
}
