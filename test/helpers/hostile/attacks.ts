// All kinds of attacks, and the one that has a number: the same seed and number make the same bytes again, but for keys.
import type { Attack, Made, Start } from './attack.ts'
import { rendered } from './attack.ts'
import { oddBinary, oddEncoding, oddJson, tooLarge } from './bodies.ts'
import { Draw } from './draw.ts'
import {
  bodyOfGet,
  chunksAndLength,
  chunksTwice,
  lengthAndChunks,
  oddChunks,
  oddLength,
  pipelined
} from './framing.ts'
import { brokenLines, manyHeaders, oddHeader } from './headers.ts'
import type { Keys } from './keys.ts'
import { oddLine, oddMethod, oddPath, traversal } from './paths.ts'
import { mutated, older, otherProtocol, upgrade } from './protocols.ts'
import { draftOf, targets } from './requests.ts'
import { aborted, crumbs, expecting, truncated, uncalledFor } from './uploads.ts'

const kinds: Readonly<Record<string, (start: Start) => Made>> = {
  oddPath,
  traversal,
  oddMethod,
  oddLine,
  oddHeader,
  manyHeaders,
  brokenLines,
  lengthAndChunks,
  chunksAndLength,
  chunksTwice,
  oddLength,
  bodyOfGet,
  oddChunks,
  pipelined,
  oddJson,
  oddBinary,
  oddEncoding,
  tooLarge,
  aborted,
  crumbs,
  truncated,
  expecting,
  uncalledFor,
  otherProtocol,
  upgrade,
  older,
  mutated
}

/** Of the attacks on a guarded server, those that are nothing but a right request from somebody. */
const credentialShare = 0.4
/** Of the others there, those whose caller may predict and read. */
const authorisedShare = 0.3

const nobody = { lines: [] }

export interface Origin {
  readonly seed: number
  readonly index: number
}

const idOf = ({ seed, index }: Origin, more: string): string =>
  `h${seed.toString(36)}-${index.toString(36)}${more}`

/** Whether an `x-request-id` is of a request that nobody may answer, or of somebody's attack. */
export const isSmuggledId = (id: string): boolean => /^h[0-9a-z]+-[0-9a-z]+=/.test(id)
export const isAttackId = (id: string): boolean => /^h[0-9a-z]+-[0-9a-z]+[.]/.test(id)

export function attackOf(origin: Origin, keys: Keys | undefined): Attack {
  const draw = new Draw(origin.seed, origin.index)
  const isCredential = draw.chance(credentialShare)
  const isAuthorised = draw.chance(authorisedShare) || keys === undefined
  const [kind, make] = draw.pick(Object.entries(kinds))
  const base = { draw, id: idOf(origin, ''), smuggledId: idOf(origin, '='), isAuthorised }
  if (keys === undefined) return { kind, ...make({ ...base, credentials: [] }), isAuthorised }
  if (isCredential) return credentialAttack(base, keys)
  // A change may mend what was wrong with a key.
  const isMendable = make === mutated
  const { lines } = isAuthorised ? keys.full : isMendable ? nobody : keys.bad(draw)
  return { kind, ...make({ ...base, credentials: lines }), isAuthorised }
}

/** A right request; only its caller may be nobody. The status that it has to get follows from the key alone. */
function credentialAttack(base: Omit<Start, 'credentials'>, keys: Keys): Attack {
  const { draw } = base
  const target = draw.pick(targets)
  const credential = draw.chance(0.7) ? keys.bad(draw) : keys.narrow(draw)
  const { lines, scopes, model, isLimited } = credential
  const isOpen = target.scope === 'open'
  const fitsModel =
    model === undefined ||
    model === target.model ||
    (target.model === undefined && target.path !== '/metrics')
  const isGood = scopes.includes(target.scope) && fitsModel
  const isSomebody = scopes.length > 0 || credential.what === 'token without scopes'
  // Too many requests of this key, or rows before it; too many unknown keys at once.
  const refused = isSomebody ? [403] : [401, 429]
  const isPutOff = isLimited === true || (isGood && target.scope === 'predict')
  const statuses = isOpen ? [200] : [...(isGood ? [200] : refused), ...(isPutOff ? [429] : [])]
  const draft = draftOf({ ...base, credentials: lines }, target)
  return {
    kind: `key: ${credential.what}`,
    pieces: [rendered(draft)],
    leaving: 'closed',
    answers: [1, 1],
    statuses,
    isAuthorised: isGood
  }
}
