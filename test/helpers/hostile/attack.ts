// One hostile caller: the bytes that it sends over a connection of its own, how it leaves, and what may come back.
import type { Draw } from './draw.ts'

/** Bytes to write, or milliseconds to wait before the next. */
export type Piece = Buffer | number

/**
 * When the caller leaves: once the server has closed the connection, which it must; once nothing has come for a while; or without
 * waiting for anything.
 */
export type Leaving = 'closed' | 'quiet' | 'at once'

export interface Attack {
  readonly kind: string
  readonly pieces: readonly Piece[]
  readonly leaving: Leaving
  /** Final answers, at least and at most: whoever leaves early may see fewer. */
  readonly answers: readonly [least: number, most: number]
  /** The only statuses that may come; any that Kedge gives to callers where absent. */
  readonly statuses?: readonly number[]
  /** Answers have no bodies. */
  readonly isHead?: boolean
  /** Gives itself so little time that 504 may come. */
  readonly isHurried?: boolean
  /** Whether its caller may see more than the open routes. */
  readonly isAuthorised: boolean
}

/** A request as it would be right. */
export interface Draft {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

/** What an attack begins from. */
export interface Start {
  readonly draw: Draw
  /** The `x-request-id` of its requests, followed by which. */
  readonly id: string
  /** The id of a request that nobody may ever answer. */
  readonly smuggledId: string
  /** Header lines of a caller: its key, where it has one. */
  readonly credentials: readonly (readonly [name: string, value: string])[]
  readonly isAuthorised: boolean
}

/** An attack without what all of its kind have in common. */
export type Made = Omit<Attack, 'kind' | 'isAuthorised'>

export const linesOf = (headers: Draft['headers']): string =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')

/** The bytes of a head, each character a byte. */
export const latin = (text: string): Buffer => Buffer.from(text, 'latin1')

/** The whole request. The length of its body is announced, unless its headers say how that comes. */
export function rendered({ method, target, version, headers, body }: Draft): Buffer {
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const length = isFramed || body.length === 0 ? '' : `content-length: ${body.length}\r\n`
  return Buffer.concat([latin(`${method} ${target} ${version}\r\n${linesOf(headers)}${length}\r\n`), body])
}

/** One request that the server answers and closes, or refuses and closes. */
export function single(draft: Draft, more: Partial<Made> = {}): Made {
  return { pieces: [rendered(draft)], leaving: 'closed', answers: [1, 1], ...more }
}

export function chunked(body: Buffer, draw: Draw): Buffer {
  const chunks = draw.cut(body, 5).filter(({ length }) => length > 0)
  const parts = chunks.flatMap(chunk => [latin(`${chunk.length.toString(16)}\r\n`), chunk, latin('\r\n')])
  return Buffer.concat([...parts, latin('0\r\n\r\n')])
}
