// The first step of every JSON dialect: bytes → text → value → checked envelope, with the caller's mistakes as problems.
import { isUtf8 } from 'node:buffer'
import type { z } from 'zod'
import { describe } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { messageOf, type Problem, problemsError, ServingError } from '../errors/serving-error.ts'
import { parseTensorJson } from '../tensor/exact-json.ts'

const byteOrderMark = '\ufeff'

/**
 * Parses a body as JSON in UTF-8. Throws INVALID_JSON with the position, never with more of the text than a character, and
 * INVALID_REQUEST for a key `__proto__`. `what` says which bytes are meant where they are not the whole body.
 */
export function parseJsonBody(body: Uint8Array, wideIntegers: boolean, what = 'the body'): unknown {
  if (!isUtf8(body)) throw new ServingError('INVALID_JSON', `${what} is not UTF-8 text`)
  // Quicker than a TextDecoder, and what is checked already cannot be decoded wrongly.
  const decoded = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
  const text = decoded.startsWith(byteOrderMark) ? decoded.slice(1) : decoded
  if (!/\S/.test(text)) throw new ServingError('INVALID_JSON', `${what} is empty; expected JSON`)
  let value: unknown
  try {
    value = parseTensorJson(text, wideIntegers)
  } catch (error) {
    throw new ServingError('INVALID_JSON', `${what} is not JSON: ${messageOf(error)}`)
  }
  if (mayHaveProtoKey.test(text) && hasProtoKey(value))
    throw new ServingError('INVALID_REQUEST', 'body: the key "__proto__" is not allowed')
  return value
}

/** No envelope has objects deeper than this; what lies deeper is data. */
const envelopeDepth = 4

/** A text without such a key, spelt out or with escapes, need not be looked through once it is parsed. */
const mayHaveProtoKey = /__proto__|\\u00/

/** A key `__proto__` anywhere in an envelope: zod would drop it in silence. Lists of numbers are not looked through. */
function hasProtoKey(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > envelopeDepth) return false
  if (Array.isArray(value))
    return typeof value[0] === 'object' && value.some(item => hasProtoKey(item, depth + 1))
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(item => hasProtoKey(item, depth + 1))
}

/** `value` by the schema. Throws INVALID_REQUEST with every problem. */
export function parseEnvelope<T>(
  schema: z.ZodType<T>,
  value: unknown,
  keysAt: (path: readonly PropertyKey[]) => readonly string[]
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.slice(0, 32).flatMap(issue => issueProblems(issue, value, keysAt))
  // A misspelt key first: what is missing is often only its consequence.
  const unknownKey = (problem: Problem): number => Number(problem.problem.startsWith('unknown key'))
  throw problemsError(
    'INVALID_REQUEST',
    problems.sort((a, b) => unknownKey(b) - unknownKey(a))
  )
}

function issueProblems(
  issue: z.core.$ZodIssue,
  value: unknown,
  keysAt: (path: readonly PropertyKey[]) => readonly string[]
): Problem[] {
  const path = pathText(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, 32).map(key => {
      const hint = suggestion(key, keysAt(issue.path))
      const problem: Problem = { path, problem: `unknown key ${describe(key)}` }
      return hint === '' ? problem : { ...problem, hint }
    })
  }
  const message = issue.code === 'invalid_key' ? 'the key is not allowed' : issue.message
  const [, expected] = /^expected (.+)$/.exec(message) ?? []
  const got = describe(valueAt(value, issue.path))
  return [
    expected === undefined ? { path, problem: message, got } : { path, problem: 'not valid', expected, got }
  ]
}

/** `inputs[0].shape`; the body itself is `body`. */
function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body'
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    ''
  )
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (branch, key) =>
      typeof branch === 'object' && branch !== null && Object.hasOwn(branch, key)
        ? (branch as Record<PropertyKey, unknown>)[key]
        : undefined,
    value
  )
}
