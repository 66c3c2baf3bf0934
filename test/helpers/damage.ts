// Requests gone wrong, as programs and people send them: a JSON value with one thing in it dropped, renamed, retyped or moved.
import fc from 'fast-check'

export interface Damage {
  readonly kind: string
  /** Which of the places in the value. */
  readonly at: number
  /** Which place a copy comes from. */
  readonly from: number
}

const replacements: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  zero: 0,
  half: 0.5,
  negative: -7,
  large: 70_000,
  huge: 1e39,
  wide: 2 ** 60,
  'NaN in quotes': 'NaN',
  'infinity in quotes': 'Infinity',
  'digits in quotes': '5',
  'zeros before digits': '-007',
  text: 'pro',
  'empty text': '',
  'another text': 'Pro',
  'empty list': [],
  'empty object': {},
  base64: { b64: 'cHJv' },
  'base64 of bytes': { b64: '//79' },
  'broken base64': { b64: 'a' },
  'base64 that is a number': { b64: 5 },
  'base64 of NUL': { b64: 'AA==' },
  'lone surrogate': '\ud800',
  NUL: 'a\0b'
}

const changes: Readonly<Record<string, (value: unknown, copy: unknown) => unknown>> = {
  wrap: value => [value],
  bury: value => JSON.parse(`${'['.repeat(20)}${JSON.stringify(value)}${']'.repeat(20)}`) as unknown,
  flatten: value => (Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : value),
  unwrap: value => (Array.isArray(value) ? (value[0] as unknown) : value),
  lengthen: (value, copy) => (Array.isArray(value) ? [...(value as unknown[]), copy] : value),
  repeat: value => (Array.isArray(value) ? [...(value as unknown[]), ...(value as unknown[])] : value),
  shorten: value => (Array.isArray(value) ? value.slice(1) : value),
  reverse: value => (Array.isArray(value) ? [...(value as unknown[])].reverse() : value),
  drop: (value, copy) => renamed(value, copy, () => undefined),
  rename: (value, copy) => renamed(value, copy, name => `${name}s`),
  misspell: (value, copy) => renamed(value, copy, name => name.slice(1) + name.slice(0, 1)),
  extra: (value, copy) => (isObject(value) ? { ...value, extra: copy } : value),
  copy: (_, copy) => copy
}

const kinds = [...Object.keys(replacements), ...Object.keys(changes), ...Object.keys(changes)]

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(10_000), from: fc.nat(10_000) }),
  { maxLength: 2 }
)

/** The value with each damage done, one after the other. */
export function damaged(value: unknown, list: readonly Damage[]): unknown {
  return list.reduce((whole, { kind, at, from }) => {
    const places = placesIn(whole)
    const place = places[at % places.length]!
    const copy = valueAt(whole, places[from % places.length]!)
    const change = Object.hasOwn(changes, kind) ? changes[kind]! : () => replacements[kind]
    return changed(whole, place, old => change(old, copy))
  }, value)
}

type Place = readonly string[]

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Below the root, which is the body itself; the root where there is nothing below. */
function placesIn(value: unknown): readonly Place[] {
  const walk = (branch: unknown, at: Place): Place[] =>
    typeof branch !== 'object' || branch === null
      ? [at]
      : [at, ...Object.entries(branch).flatMap(([key, entry]) => walk(entry, [...at, key]))]
  return walk(value, [])
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((branch, key) => (branch as Record<string, unknown>)[key], value)
}

function changed(value: unknown, [key, ...rest]: Place, change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((entry: unknown, index) =>
      String(index) === key ? changed(entry, rest, change) : entry
    )
  const entries = Object.entries(value as object) as [string, unknown][]
  return Object.fromEntries(
    entries.map(([name, entry]) => [name, name === key ? changed(entry, rest, change) : entry])
  )
}

/** An object with one of its keys under another name, or without it. */
function renamed(value: unknown, copy: unknown, name: (old: string) => string | undefined): unknown {
  if (!isObject(value)) return value
  const entries = Object.entries(value)
  const which = JSON.stringify(copy ?? null).length % Math.max(1, entries.length)
  return Object.fromEntries(
    entries.flatMap(([key, entry], index) => {
      const other = index === which ? name(key) : key
      return other === undefined ? [] : [[other, entry]]
    })
  )
}
