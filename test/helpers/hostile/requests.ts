// Requests as they would be right, for every route that Kedge has with its shipped models: what attacks are made from.
import type { Draft, Start } from './attack.ts'

export type RouteScope = 'open' | 'read' | 'predict'

export interface Target {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly scope: RouteScope
  /** Absent where the answer tells of all models. */
  readonly model?: string
}

const reads = ['', '/ready', '/config', '/stats', '/schema', '/gate', '/drift', '/drift/profile', '/history']

export const targets: readonly Target[] = [
  ...['/', '/ping', '/health', '/v2/health/live', '/v2/health/ready'].map(
    path => ({ method: 'GET', path, scope: 'open' }) as const
  ),
  ...reads.map(
    path => ({ method: 'GET', path: `/v2/models/iris${path}`, scope: 'read', model: 'iris' }) as const
  ),
  ...['/v2', '/v2/models', '/v1/models', '/version', '/v2/models/stats'].map(
    path => ({ method: 'GET', path, scope: 'read' }) as const
  ),
  { method: 'GET', path: '/metrics', scope: 'read' },
  { method: 'GET', path: '/v1/models/iris/metadata', scope: 'read', model: 'iris' },
  { method: 'POST', path: '/v2/repository/index', scope: 'read' },
  { method: 'POST', path: '/v2/models/iris/infer', scope: 'predict', model: 'iris' },
  { method: 'POST', path: '/v2/models/iris/versions/1/infer', scope: 'predict', model: 'iris' },
  { method: 'POST', path: '/v2/models/iris/validate', scope: 'predict', model: 'iris' },
  { method: 'POST', path: '/v1/models/iris:predict', scope: 'predict', model: 'iris' },
  { method: 'POST', path: '/invocations', scope: 'predict', model: 'iris' }
]

/** Paths of routes that are open to all. */
export const openPaths = targets.filter(({ scope }) => scope === 'open').map(({ path }) => path)

export const inferPath = '/v2/models/iris/infer'

/** A flower, and what the newest iris makes of it. */
export const flower = [5.7, 2.8, 4.5, 1.3] as const

const tensor = { name: 'measurements', shape: [1, 4], datatype: 'FP32' }
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

export const inferBody = json({ inputs: [{ ...tensor, data: flower }] })

/** The body that a route takes; empty for routes that take none. */
export function bodyFor(path: string): Buffer {
  if (/\/(infer|validate)$/.test(path)) return inferBody
  if (path.endsWith(':predict')) return json({ instances: [flower] })
  return path === '/invocations' ? json({ inputs: { measurements: [flower] } }) : Buffer.alloc(0)
}

/** JSON and then bytes, as Triton's extension has it. */
export function binaryBody(): { readonly head: Buffer; readonly data: Buffer } {
  const data = Buffer.from(Float32Array.from(flower).buffer)
  const head = json({ inputs: [{ ...tensor, parameters: { binary_data_size: data.length } }] })
  return { head, data }
}

export interface DraftOptions {
  /** Counts the requests of one caller. */
  readonly which?: number
  /** The server may keep the connection. */
  readonly isKept?: boolean
}

/** A right request from this caller. */
export function draftOf(
  { id, credentials }: Pick<Start, 'id' | 'credentials'>,
  { method, path }: Pick<Target, 'method' | 'path'>,
  { which = 0, isKept = false }: DraftOptions = {}
): Draft {
  const body = method === 'POST' ? bodyFor(path) : Buffer.alloc(0)
  return {
    method,
    target: path,
    version: 'HTTP/1.1',
    headers: [
      ['host', '127.0.0.1'],
      ['x-request-id', `${id}.${which}`],
      ...(isKept ? [] : ([['connection', 'close']] as const)),
      ...(body.length > 0 ? ([['content-type', 'application/json']] as const) : []),
      ...credentials
    ],
    body
  }
}

/** A prediction of iris. */
export const inferDraft = (start: Start, options: DraftOptions = {}): Draft =>
  draftOf(start, { method: 'POST', path: inferPath }, options)

/** A right request for any route. */
export const anyDraft = (start: Start): Draft => draftOf(start, start.draw.pick(targets))

export const withHeaders = (draft: Draft, ...more: Draft['headers'][number][]): Draft => ({
  ...draft,
  headers: [...draft.headers, ...more]
})

/** With a header in place of those of its name. */
export const replacing = (draft: Draft, name: string, value: string): Draft => ({
  ...draft,
  headers: [...draft.headers.filter(([other]) => other !== name), [name, value]]
})
