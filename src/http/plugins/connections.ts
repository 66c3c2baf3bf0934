// What goes wrong with a connection before there is a request, or in the middle of one: the same error object as everywhere, in the order in
// which requests came, and then the connection is closed, whether or not the other side closes its own.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ErrorCode } from '../../errors/codes.ts'
import { ServingError } from '../../errors/serving-error.ts'

interface Refusal {
  readonly status: string
  readonly code: ErrorCode
  readonly message: string
}

/** What Node's HTTP parser refuses before there is a request. */
const parserErrors: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    code: 'INVALID_REQUEST',
    message: 'the headers are larger than this server accepts'
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    code: 'REQUEST_TIMEOUT',
    message: 'the request took too long to arrive'
  }
}
const noRequest: Refusal = {
  status: '400 Bad Request',
  code: 'INVALID_REQUEST',
  message: 'the bytes received are not an HTTP request'
}
const noExpectation: Refusal = {
  status: '417 Expectation Failed',
  code: 'INVALID_REQUEST',
  message: 'the only expectation that is met is 100-continue'
}

/** The other side has so long to read the refusal and to close. */
const lingerMs = 2000

/** The newest response on a connection, and the one before it where that was not done when it came. */
const newest = new WeakMap<Socket, ServerResponse>()
const beforeNewest = new WeakMap<Socket, ServerResponse>()
/** Responses behind others on a connection: Node closes the first alone when the connection goes. */
const queued = new WeakMap<Socket, Set<ServerResponse>>()
const refused = new WeakSet<Socket>()

/** For a server whose requests go to `app`, its own or another: it must not require the header `host`, which `requireHost` does. */
export function watchConnections(server: Server): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const before = newest.get(socket)
    newest.set(socket, response)
    if (before === undefined || before.writableFinished) {
      beforeNewest.delete(socket)
      return
    }
    beforeNewest.set(socket, before)
    closeWith(socket, response)
  })
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { status, ...told } = noExpectation
    response.writeHead(Number.parseInt(status, 10), {
      'content-type': 'application/json',
      connection: 'close'
    })
    response.end(bodyOf(told))
  })
}

/** Whoever waits for a response to close gives back what a request holds: each has to. */
function closeWith(socket: Socket, response: ServerResponse): void {
  const before = queued.get(socket)
  const waiting = before ?? new Set()
  waiting.add(response)
  response.once('close', () => waiting.delete(response))
  if (before !== undefined) return
  queued.set(socket, waiting)
  socket.once('close', () => {
    // One that has its turn by now has the socket, and is closed by Node.
    for (const each of [...waiting].filter(({ socket: own }) => own === null)) {
      each.destroy()
      each.emit('close')
    }
  })
}

export function requireHost(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.headers.host !== undefined || raw.httpVersion !== '1.1') done()
    else done(new ServingError('INVALID_REQUEST', 'the header host is missing'))
  })
}

/** Bytes that are no HTTP request, or that did not come in time. Requests before them are answered first. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // What comes after broken bytes is broken as well.
  if (refused.has(socket)) return
  refused.add(socket)
  const last = newest.get(socket)
  // Where it is the body of the last request that is broken, its answer is this one, or the one that it has got already.
  const isInBody = last !== undefined && !last.req.complete
  const end = (): void => {
    if (isInBody && last.headersSent) close(socket)
    else refuse(socket, error.code)
  }
  const before = isInBody ? beforeNewest.get(socket) : last
  if (before === undefined || before.writableFinished) end()
  else before.once('close', end)
}

function refuse(socket: Socket, parserCode = ''): void {
  const { status, ...told } =
    (Object.hasOwn(parserErrors, parserCode) && parserErrors[parserCode]) || noRequest
  const body = bodyOf(told)
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  close(socket, `${head}\r\n\r\n${body}`)
}

/** Destroyed at once, the connection would be reset while the other side reads. */
function close(socket: Socket, bytes = ''): void {
  if (!socket.writable) return
  // Not the socket's own timeout, which drops of bytes would put off.
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
  socket.end(bytes)
}

const bodyOf = ({ code, message }: Pick<Refusal, 'code' | 'message'>): string =>
  JSON.stringify({ error: message, code })
