// What may come back to a hostile caller, and what is a fault of the server.
import { errorCodes } from '../../../src/errors/codes.ts'
import { type Answer, readAnswers } from './answers.ts'
import type { Attack } from './attack.ts'
import { isAttackId, isSmuggledId } from './attacks.ts'
import type { Keys } from './keys.ts'
import type { Outcome } from './wire.ts'

/** Those of success, and those of errors that callers make, by docs/errors.md and by HTTP itself: 417 for expectations, 431 for long heads. */
const usual = [200, 204, 304, 400, 401, 403, 404, 405, 408, 409, 413, 415, 417, 429, 431]
/** The two 5xx that a caller can bring about: an extension that Kedge does not have (`:explain`, shared memory), and no time left (`x-kedge-timeout-ms`). */
const notSupported = 501
const deadlineExceeded = 504

/** Bodies of the routes that are open to all. */
const openBodies = ['{"live":true,"status":"alive"}', '{"live":true}', '{"ready":true}', '\n', '']
/** What no answer holds: files of the machine, and the server's own insides. */
const insides = /root:x?:0:0|\/node_modules\/|node:internal|\n\s+at \S+ \(|"devDependencies"|PATH=/

/** Statuses whose error code has another one by itself: what Node finds out before there is a request. */
const otherStatuses: Readonly<Record<number, string>> = { 417: 'INVALID_REQUEST', 431: 'INVALID_REQUEST' }

/** Everything that is wrong; nothing where the server did well. */
export function faultsOf(attack: Attack, { bytes, left }: Outcome, keys: Keys | undefined): string[] {
  const { answers, problem, isCut } = readAnswers(bytes, {
    isHead: attack.isHead ?? false,
    isClosed: left === 'closed'
  })
  const faults = problem === undefined ? [] : [`malformed: ${problem}`]
  if (left === 'overdue')
    faults.push(
      `neither answered nor closed in time; got ${JSON.stringify(bytes.subarray(0, 200).toString('latin1'))}`
    )
  if (isCut && attack.leaving === 'closed') faults.push(`an answer was cut off after ${bytes.length} bytes`)
  const [least, most] = attack.answers
  if (answers.length > most) faults.push(`${answers.length} answers, at most ${most} are right`)
  // Whoever breaks the connection does not wait for all of them.
  if (answers.length < least && attack.leaving !== 'at once' && left !== 'overdue')
    faults.push(`${answers.length} answers, at least ${least} are right`)
  for (const answer of answers) faults.push(...answerFaults(attack, answer))
  if (keys?.isIn(bytes.toString('latin1')) === true) faults.push('a secret came back')
  if (attack.kind === 'pipelined') faults.push(...orderFaults(attack, answers))
  return faults
}

/** Whether the caller named itself so; some names are mutilated on the way out. */
function saysId({ pieces }: Attack, id: string): boolean {
  return Buffer.concat(pieces.filter(piece => typeof piece !== 'number')).includes(id)
}

function answerFaults(attack: Attack, answer: Answer): string[] {
  const { status, headers, body } = answer
  const text = body.toString('latin1')
  const shown = `${status} ${text.slice(0, 200)}`
  const faults: string[] = []
  const id = headers.get('x-request-id') ?? ''
  if (isSmuggledId(id)) faults.push(`answered a smuggled request: ${id}, ${shown}`)
  if (isAttackId(id) && !saysId(attack, id)) faults.push(`answered ${id}, who is somebody else`)
  const allowed = attack.statuses ?? [
    ...usual,
    notSupported,
    ...(attack.isHurried === true ? [deadlineExceeded] : [])
  ]
  if (!allowed.includes(status))
    faults.push(`status ${status}, expected one of ${allowed.join(', ')}: ${shown}`)
  if (status < 300 && !attack.isAuthorised && !openBodies.includes(text)) faults.push(`let in: ${shown}`)
  if (insides.test(text)) faults.push(`tells too much: ${shown}`)
  if (status >= 400 && attack.isHead !== true) {
    const fault = errorBodyFault(answer, id)
    if (fault !== undefined) faults.push(`${fault}: ${shown}`)
  }
  return faults
}

/** Every dialect's errors have a code of the table, with the status that it has there. */
function errorBodyFault({ status, headers, body }: Answer, id: string): string | undefined {
  if (!/^application\/json\b/.test(headers.get('content-type') ?? '')) return 'an error that is no JSON'
  let error: {
    readonly code?: unknown
    readonly error?: unknown
    readonly message?: unknown
    readonly request_id?: unknown
  }
  try {
    error = JSON.parse(body.toString()) as typeof error
  } catch {
    return 'an error that cannot be read'
  }
  const { code } = error
  if (typeof code !== 'string' || !Object.hasOwn(errorCodes, code)) return 'an error without a code'
  if (typeof (error.error ?? error.message) !== 'string') return 'an error without words'
  const expected = errorCodes[code as keyof typeof errorCodes].status
  if (expected !== status && otherStatuses[status] !== code) return `${code} is ${expected}`
  if (error.request_id !== undefined && error.request_id !== id)
    return 'an error with another id than its header'
  return undefined
}

/** Whoever sent right requests first has their answers first, and the refusal of the wrong one last. */
function orderFaults({ isAuthorised }: Attack, answers: readonly Answer[]): string[] {
  // A full queue and too many unknown keys put off.
  const right = [isAuthorised ? 200 : 401, 429]
  const wrong = answers.flatMap(({ status, headers }, which) => {
    const id = headers.get('x-request-id')
    const isLast = which === answers.length - 1
    if (isLast) return id === undefined && status === 400 ? [] : [`the last is ${status}`]
    return right.includes(status) && id?.endsWith(`.${which}`) === true
      ? []
      : [`the answer to request ${which} is ${status} of ${id}`]
  })
  return wrong.map(text => `out of order: ${text}`)
}
