// How one setting is declared: its kind, bounds, default and description in one call. The kind tells how text becomes a value.
import { isIP } from 'node:net'
import { z } from 'zod'
import { formatByteSize, parseByteSize } from '../base/byte-size.ts'

export type LeafKind = 'text' | 'url' | 'integer' | 'number' | 'bytes' | 'switch' | 'list' | 'choice'

/** What the command line, the documentation and the tests of limits read of a setting. */
export interface LeafMeta {
  readonly kind: LeafKind
  readonly description: string
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
  /** Of a list, where not any text will do. */
  readonly entries?: keyof typeof entryKinds
}

/** A whole number between two bounds; the unit belongs in the setting's name. */
export function integer(standard: number, min: number, max: number, description: string) {
  return z
    .number({ error: `expected a whole number from ${min} to ${max}` })
    .refine(value => Number.isInteger(value) && value >= min && value <= max, {
      error: `expected a whole number from ${min} to ${max}`
    })
    .default(standard)
    .meta({ kind: 'integer', description, min, max } satisfies LeafMeta)
}

/** A number between two bounds; the unit belongs in the setting's name. */
export function decimal(standard: number, min: number, max: number, description: string) {
  const error = `expected a number from ${min} to ${max}`
  return z
    .number({ error })
    .min(min, { error })
    .max(max, { error })
    .default(standard)
    .meta({ kind: 'number', description, min, max } satisfies LeafMeta)
}

/** A size such as `16MiB` between two bounds, in bytes once parsed. */
export function byteSize(standard: number, min: number, max: number, description: string) {
  const error = `expected a size from ${formatByteSize(min)} to ${formatByteSize(max)}, such as ${formatByteSize(standard)}`
  return z
    .union([z.number(), z.string()], { error })
    .transform((value, context) => {
      const bytes = parseByteSize(value)
      if (bytes !== undefined && bytes >= min && bytes <= max) return bytes
      context.addIssue({ code: 'custom', message: error })
      return z.NEVER
    })
    .prefault(standard)
    .meta({ kind: 'bytes', description, min, max } satisfies LeafMeta)
}

const textCharactersMax = 4096

const filledText = z
  .string({ error: 'expected text' })
  .min(1, { error: 'expected text that is not empty' })
  .max(textCharactersMax, { error: `expected at most ${textCharactersMax} characters` })

export function text(standard: string, description: string) {
  return filledText.default(standard).meta({ kind: 'text', description } satisfies LeafMeta)
}

export function optionalText(description: string) {
  return filledText.optional().meta({ kind: 'text', description } satisfies LeafMeta)
}

/** The address of a service, by HTTP or HTTPS. Credentials in it would end in logs: they have places of their own. */
export function optionalUrl(description: string) {
  return filledText
    .superRefine((value, context) => {
      const message = urlProblem(value)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .optional()
    .meta({ kind: 'url', description } satisfies LeafMeta)
}

function urlProblem(value: string): string | undefined {
  // That it is empty was said already.
  if (value === '') return undefined
  if (!URL.canParse(value)) return 'expected a URL such as https://example.com/events'
  const { protocol, username, password } = new URL(value)
  if (protocol !== 'http:' && protocol !== 'https:') return 'expected a URL that begins with http: or https:'
  if (username !== '' || password !== '') return 'expected a URL without a user name or a password in it'
  return undefined
}

interface Entry {
  readonly isValid: (text: string) => boolean
  readonly expected: string
}

/** What the entries of a list may be, besides texts that are not empty. */
export const entryKinds = {
  text: { isValid: () => true, expected: '' },
  /** Of web pages, as browsers write it. */
  origin: {
    isValid: text => text === '*' || isOrigin(text),
    expected: 'expected an origin such as https://app.example:8443, or *'
  },
  network: {
    isValid: isNetwork,
    expected:
      'expected an address such as 10.0.0.7, a network such as 10.0.0.0/8, or loopback, linklocal or uniquelocal'
  }
} as const satisfies Record<string, Entry>

function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text
}

function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true
  const [address = '', bits, ...more] = text.split('/')
  const bitsMax = isIP(address) === 4 ? 32 : 128
  const hasBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax)
  return isIP(address) !== 0 && hasBits && more.length === 0
}

/** Texts; a list that has entries by default cannot be emptied. */
export function list(standard: string[], description: string, entries: keyof typeof entryKinds = 'text') {
  const max = 64
  const { isValid, expected }: Entry = entryKinds[entries]
  // Of what is no text for a list at all, that is said alone.
  const isText = (text: string): boolean => text !== '' && text.length <= textCharactersMax
  const entry = filledText.refine(text => !isText(text) || isValid(text), { error: expected })
  return z
    .array(entry, { error: 'expected a list of texts' })
    .min(Math.min(1, standard.length), { error: 'expected at least one entry' })
    .max(max, { error: `expected at most ${max} entries` })
    .default(standard)
    .meta({ kind: 'list', description, ...(entries !== 'text' && { entries }) } satisfies LeafMeta)
}

export function toggle(description: string) {
  return z
    .boolean({ error: 'expected true or false' })
    .default(false)
    .meta({ kind: 'switch', description } satisfies LeafMeta)
}

export function choice<const T extends readonly [string, ...string[]]>(
  choices: T,
  standard: T[number],
  description: string
) {
  return z
    .enum(choices, { error: `expected one of ${choices.join(', ')}` })
    .default(standard as never)
    .meta({ kind: 'choice', description, choices } satisfies LeafMeta)
}
