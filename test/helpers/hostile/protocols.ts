// What other protocols would say at this port, and what would take the connection over for one of them.
import { latin, type Made, rendered, type Start, single } from './attack.ts'
import { anyDraft, inferDraft, replacing, withHeaders } from './requests.ts'

const clientHello = Buffer.from(
  '16030100a1010000 9d0303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0008130213031301 00ff0100004c000b000403000102000a000c000a001d0017001e00190018'.replaceAll(
    ' ',
    ''
  ),
  'hex'
)
const http2 = Buffer.concat([
  latin('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex')
])

const greetings: readonly Buffer[] = [
  clientHello,
  http2,
  latin('GET /\r\n\r\n'),
  latin('GET /v2/models\r\n\r\n'),
  latin('SSH-2.0-OpenSSH_9.2\r\n'),
  latin('EHLO x\r\nMAIL FROM:<a@b>\r\n'),
  latin('*1\r\n$4\r\nPING\r\n'),
  latin('USER anonymous\r\n'),
  Buffer.from('0000000804d2162f', 'hex'),
  Buffer.from('050100', 'hex'),
  latin('\r\n\r\n\r\n\r\nX\r\n\r\n'),
  latin('PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n'),
  latin('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  latin('RTSP/1.0 OPTIONS *\r\n\r\n'),
  latin('\0'),
  latin('<?xml version="1.0"?>\r\n\r\n')
]

/** Some wait for more of a request, which does not come. */
export function otherProtocol({ draw }: Start): Made {
  const bytes = draw.chance(0.2) ? draw.bytes(draw.between(1, 400)) : draw.pick(greetings)
  return { pieces: [bytes], leaving: 'quiet', answers: [0, 1] }
}

/** The connection stays what it is. */
export function upgrade(start: Start): Made {
  const { draw } = start
  const draft = anyDraft(start)
  const [protocol, ...more] = draw.pick([
    ['websocket', ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='], ['sec-websocket-version', '13']],
    ['h2c', ['http2-settings', 'AAMAAABkAAQAAP__']],
    ['TLS/1.0'],
    ['websocket, h2c'],
    ['\x01'],
    ['']
  ] as const)
  const asking = withHeaders(
    replacing(draft, 'connection', draw.pick(['upgrade', 'upgrade, http2-settings', 'close, upgrade'])),
    ['upgrade', protocol],
    ...more
  )
  const frames = draw.chance(0.5) ? [Buffer.from('818537fa213d7f9f4d5158', 'hex')] : []
  return { pieces: [rendered(asking), ...frames], leaving: 'quiet', answers: [1, 2] }
}

/** Version 1.0 of the protocol, with and without what it does not have. */
export function older(start: Start): Made {
  const { draw } = start
  const draft = { ...(draw.chance(0.5) ? inferDraft(start) : anyDraft(start)), version: 'HTTP/1.0' }
  const without = { ...draft, headers: draft.headers.filter(([name]) => name !== 'host' || draw.chance(0.5)) }
  return single(without)
}

/** Bytes of a right request that are changed, left out, or put twice: nobody knows what becomes of it. */
export function mutated(start: Start): Made {
  const { draw } = start
  let bytes = rendered(draw.chance(0.5) ? inferDraft(start) : anyDraft(start))
  for (let count = draw.between(1, 3); count > 0; count--) {
    const at = draw.below(bytes.length)
    const end = Math.min(bytes.length, at + draw.between(1, 12))
    const piece = bytes.subarray(at, end)
    const parts = draw.pick([[draw.bytes(piece.length)], [], [piece, piece], [piece, latin('\r\n'), piece]])
    bytes = Buffer.concat([bytes.subarray(0, at), ...parts, bytes.subarray(end)])
  }
  return { pieces: draw.cut(bytes, 3), leaving: 'quiet', answers: [0, 3] }
}
