// Bodies that come slowly, in crumbs, not whole, or not at all, and callers that leave in the middle.
import { chunked, latin, linesOf, type Made, type Piece, rendered, type Start, single } from './attack.ts'
import { draftOf, inferBody, inferDraft, openPaths, replacing, withHeaders } from './requests.ts'

const MiB = 2 ** 20

/** The caller goes away somewhere on the way, also right after its last byte. */
export function aborted(start: Start): Made {
  const { draw } = start
  const draft = inferDraft(start)
  const whole = draw.pick([
    () => rendered(draft),
    () =>
      Buffer.concat([
        rendered({ ...draft, body: latin('') }).subarray(0, -2),
        latin('transfer-encoding: chunked\r\n\r\n'),
        chunked(inferBody, draw)
      ]),
    () =>
      rendered(
        withHeaders({ ...draft, body: Buffer.alloc(100_000, ' ') }, [
          'content-length',
          String(draw.pick([MiB, 16 * MiB]))
        ])
      ),
    () =>
      rendered(
        withHeaders(
          { ...draft, body: Buffer.alloc(5000) },
          ['content-length', String(64 * MiB)],
          ['inference-header-content-length', '100']
        )
      ),
    () => rendered(draftOf(start, { method: 'GET', path: '/openapi.json' }))
  ])()
  const end = draw.chance(0.2) ? whole.length : draw.below(whole.length)
  return { pieces: draw.cut(whole.subarray(0, end), 4), leaving: 'at once', answers: [0, 1] }
}

/** A right request in crumbs: it is answered as any other; whoever still sends when it is refused may lose the refusal. */
export function crumbs(start: Start): Made {
  const { draw } = start
  const draft = inferDraft(start)
  const isChunked = draw.chance(0.5)
  const bytes = isChunked
    ? Buffer.concat([
        rendered(withHeaders({ ...draft, body: latin('') }, ['transfer-encoding', 'chunked'])),
        chunked(inferBody, draw)
      ])
    : rendered(draft)
  const pieces = draw.cut(bytes, 12).flatMap((piece): Piece[] => [piece, draw.below(8)])
  return { pieces, leaving: 'closed', answers: [start.isAuthorised ? 1 : 0, 1] }
}

/** A body that ends before it was announced to: nothing is owed. */
export function truncated(start: Start): Made {
  const { draw } = start
  const { method, target, version, headers } = inferDraft(start)
  const half = inferBody.subarray(0, draw.below(inferBody.length))
  const how = draw.pick([
    () => [latin(`content-length: ${inferBody.length}\r\n\r\n`), half],
    () => [latin('transfer-encoding: chunked\r\n\r\n'), latin(`${inferBody.length.toString(16)}\r\n`), half],
    () => [latin('transfer-encoding: chunked\r\n\r\n'), chunked(inferBody, draw).subarray(0, -3)]
  ])()
  const pieces = [latin(`${method} ${target} ${version}\r\n${linesOf(headers)}`), ...how]
  // Whoever may not ask is told so before its body has come.
  return { pieces, leaving: 'quiet', answers: [0, start.isAuthorised ? 0 : 1] }
}

/** Asks before it sends, asks for what nobody knows, or does not wait for the answer. */
export function expecting(start: Start): Made {
  const { draw } = start
  const [expectation, statuses] = draw.pick([
    ['100-continue', undefined],
    ['100-Continue', undefined],
    ['100-continue, 100-continue', undefined],
    ['200-ok', [417]],
    ['', undefined],
    ['100-continue; x=y', undefined]
  ] as const)
  const draft = withHeaders(
    inferDraft(start),
    ['expect', expectation],
    ['content-length', String(inferBody.length)]
  )
  const head = rendered({ ...draft, body: latin('') })
  return {
    pieces: [head, draw.below(5), inferBody],
    leaving: 'closed',
    answers: [start.isAuthorised ? 1 : 0, 1],
    ...(statuses && { statuses })
  }
}

/** A whole request to a route that needs none of what comes with it. */
export function uncalledFor(start: Start): Made {
  const { draw } = start
  const path = draw.pick([...openPaths, '/nothing', '/v2/models/iris'])
  const draft = draftOf(start, { method: 'GET', path })
  const body = draw.bytes(draw.pick([1, 1000, 5000]))
  const withType = replacing(
    draft,
    'content-type',
    draw.pick(['application/json', 'text/plain', 'image/png'])
  )
  return single({ ...withType, method: draw.pick(['GET', 'POST', 'DELETE', 'PUT']), body })
}
