import t from 'tap'
import { holdsNotFinite, typeOf } from '../../src/client/schema-type.ts'

const sent = { answered: false, bytes: false }
const answered = { answered: true, bytes: false }
const number = { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^(NaN|-?Infinity)$' }] }
const wide = { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^\\d+$' }] }
const bytes = { type: 'object', properties: { b64: { type: 'string' } } }
const text = { anyOf: [{ type: 'string' }, bytes] }
const list = (items: unknown): object => ({ type: 'array', items })

t.test('schemas and their types', async t => {
  const cases: [schema: unknown, type: string][] = [
    [number, 'number'],
    [wide, 'number | bigint'],
    [{ type: 'integer' }, 'number'],
    [text, 'string'],
    [{ anyOf: [{ type: 'boolean' }, { const: 0 }, { const: 1 }] }, 'boolean | 0 | 1'],
    [{ anyOf: [{ anyOf: [{ type: 'integer' }] }, { type: 'null' }] }, 'number | null'],
    [{ enum: ['a', "b'"] }, "'a' | 'b\\''"],
    [{ anyOf: [{ const: 'a' }, { const: 1 }, { const: true }] }, "'a' | 1 | true"],
    [list(number), 'readonly number[]'],
    [list(list(wide)), 'readonly (readonly (number | bigint)[])[]'],
    [{ anyOf: [list(list(number)), list(number)] }, 'readonly (readonly number[])[] | readonly number[]'],
    [list({ enum: ['a'] }), "readonly ('a')[]"],
    [{}, 'unknown'],
    [undefined, 'unknown'],
    ['nonsense', 'unknown'],
    [{ type: 'array' }, 'readonly unknown[]'],
    [{ type: 'object' }, 'unknown']
  ]
  for (const [schema, type] of cases) t.equal(typeOf(schema, sent), type, JSON.stringify(schema))
})

t.test('what is answered: known values alone, and probabilities by class', async t => {
  const label = { anyOf: [{ const: 'a' }, { const: 'b' }, { type: 'integer' }] }
  t.equal(typeOf(label, answered), "'a' | 'b'")
  t.equal(typeOf(label, sent), "'a' | 'b' | number")
  const byClass = { type: 'object', properties: { a: number, 'b c': number } }
  t.equal(typeOf(byClass, answered), "Readonly<Record<'a' | 'b c', number>>")
  t.equal(typeOf({ type: 'object', properties: { a: number } }, answered), '{ readonly a: number }')
  const several = { type: 'object', properties: { a: number, '-': { type: 'string' } } }
  t.equal(typeOf(several, answered), "{ readonly a: number; readonly '-': string }")
})

t.test('bytes are there where they can come', async t => {
  t.equal(typeOf(text, { answered: true, bytes: true }), 'string | { readonly b64: string }')
})

t.test('too many literals are their types', async t => {
  const values = Array.from({ length: 501 }, (_, index) => (index === 0 ? 'text' : index))
  t.equal(typeOf({ enum: values }, sent), 'string | number')
  const properties = Object.fromEntries(values.map(value => [`c${value}`, number]))
  t.equal(typeOf({ type: 'object', properties }, answered), 'Readonly<Record<string, number>>')
})

t.test('numbers that may come as texts', async t => {
  t.ok(holdsNotFinite(number))
  t.ok(holdsNotFinite(list(list(number))))
  t.ok(holdsNotFinite({ type: 'object', properties: { a: number } }))
  for (const schema of [wide, text, { type: 'number' }, list(text), {}, undefined])
    t.notOk(holdsNotFinite(schema))
  t.notOk(holdsNotFinite({ anyOf: [{ const: 'NaN' }, ...number.anyOf] }), 'a class may have that name')
})
