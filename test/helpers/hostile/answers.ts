// What came back over a connection, read strictly: whatever is no answer, or more than an answer, is an error.

export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export interface Read {
  /** Final ones, in order. */
  readonly answers: readonly Answer[]
  /** What is wrong with what came; undefined where nothing is. An answer that is not whole is none where the caller left. */
  readonly problem: string | undefined
  /** Bytes of an answer that did not come to its end. */
  readonly isCut: boolean
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Of these there may be only one. */
const once = [
  'content-length',
  'transfer-encoding',
  'content-type',
  'x-request-id',
  'connection',
  'date',
  'retry-after',
  'allow'
]

class Cut extends Error {}

export function readAnswers(
  bytes: Buffer,
  { isHead = false, isClosed = true }: { isHead?: boolean; isClosed?: boolean } = {}
): Read {
  const answers: Answer[] = []
  let at = 0
  try {
    while (at < bytes.length) {
      const { answer, end } = one(bytes, at, { isHead: isHead && answers.length === 0, isClosed })
      if (answer.status >= 200) answers.push(answer)
      at = end
    }
  } catch (error) {
    if (error instanceof Cut) return { answers, problem: undefined, isCut: true }
    const { message } = error as Error
    return {
      answers,
      problem: `${message} at byte ${at}: ${JSON.stringify(bytes.subarray(at, at + 200).toString('latin1'))}`,
      isCut: false
    }
  }
  return { answers, problem: undefined, isCut: false }
}

function one(
  bytes: Buffer,
  from: number,
  { isHead, isClosed }: { isHead: boolean; isClosed: boolean }
): { answer: Answer; end: number } {
  const headEnd = bytes.indexOf('\r\n\r\n', from)
  if (!'HTTP/1.1 '.startsWith(bytes.subarray(from, from + 9).toString('latin1'))) throw new Error('no answer')
  if (headEnd < 0) throw new Cut()
  const [line = '', ...lines] = bytes.subarray(from, headEnd).toString('latin1').split('\r\n')
  const [, status] = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]+$/.exec(line) ?? []
  if (status === undefined) throw new Error('no status line')
  const headers = headersOf(lines)
  const answer = (body: Buffer): Answer => ({ status: Number(status), headers, body })
  const start = headEnd + 4
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (length !== undefined && coding !== undefined) throw new Error('two lengths')
  if (isHead || status.startsWith('1') || status === '204' || status === '304')
    return { answer: answer(Buffer.alloc(0)), end: start }
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new Error('a strange transfer-encoding')
    const { body, end } = chunksOf(bytes, start)
    return { answer: answer(body), end }
  }
  if (length === undefined) {
    if (headers.get('connection')?.toLowerCase() !== 'close') throw new Error('no length')
    if (!isClosed) throw new Cut()
    return { answer: answer(bytes.subarray(start)), end: bytes.length }
  }
  if (!/^\d+$/.test(length)) throw new Error('no number for a length')
  const end = start + Number(length)
  if (end > bytes.length) throw new Cut()
  return { answer: answer(bytes.subarray(start, end)), end }
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon < 0 ? line.length : colon).toLowerCase()
    const value = line.slice(name.length + 2)
    if (!token.test(name) || colon < 0 || !/^[\x20-\x7e\x80-\xff]*$/.test(value))
      throw new Error(`a header that is none: ${JSON.stringify(line)}`)
    if (headers.has(name) && once.includes(name)) throw new Error(`${name} twice`)
    headers.set(name, value)
  }
  return headers
}

function chunksOf(bytes: Buffer, from: number): { body: Buffer; end: number } {
  const parts: Buffer[] = []
  let at = from
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) throw new Cut()
    const size = bytes.subarray(at, lineEnd).toString('latin1')
    if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw new Error('no size of a chunk')
    const start = lineEnd + 2
    const end = start + Number.parseInt(size, 16)
    if (end + 2 > bytes.length) throw new Cut()
    if (bytes.subarray(end, end + 2).toString('latin1') !== '\r\n') throw new Error('a chunk without its end')
    parts.push(bytes.subarray(start, end))
    at = end + 2
    if (end === start) return { body: Buffer.concat(parts), end: at }
  }
}
