import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import { type Problem, ServingError } from '../../src/errors/serving-error.ts'
import { mlflowRequestSchema } from '../../src/protocol/mlflow/contract-schema.ts'
import { readInvocation } from '../../src/protocol/mlflow/decode.ts'
import { isBytes } from '../../src/protocol/records/values.ts'
import { v1RequestSchema } from '../../src/protocol/v1/contract-schema.ts'
import { readV1Body } from '../../src/protocol/v1/decode.ts'
import { v2RequestSchema } from '../../src/protocol/v2/contract-schema.ts'
import { readV2Body } from '../../src/protocol/v2/decode.ts'
import type { Contract } from '../../src/schema/contract.ts'
import type { JsonSchema } from '../../src/schema/json-schema.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import type { Datatype } from '../../src/tensor/datatype.ts'
import type { Dimension } from '../../src/tensor/shape.ts'
import { contractFor, contracts } from '../helpers/arbitrary-contracts.ts'
import { type Damage, damaged, damages } from '../helpers/damage.ts'
import { drawn } from '../helpers/drawn.ts'
import { compiled } from '../helpers/json-schema.ts'

type Dialect = 'v1' | 'mlflow' | 'v2'

const schemas: Readonly<Record<Dialect, (contract: Contract) => JsonSchema>> = {
  v1: v1RequestSchema,
  mlflow: mlflowRequestSchema,
  v2: v2RequestSchema
}

const decoders: Readonly<Record<Dialect, (body: Uint8Array, contract: Contract) => unknown>> = {
  v1: readV1Body,
  mlflow: readInvocation,
  v2: (body, contract) => readV2Body({ body, headerLength: undefined }, contract, 16, () => contract)
}

/** What the decoder says against a body: nothing where it takes it. Throws what no caller should see. */
function complaints(dialect: Dialect, text: string, contract: Contract): readonly Problem[] {
  try {
    decoders[dialect](Buffer.from(text), contract)
    return []
  } catch (error) {
    if (!(error instanceof ServingError)) throw error
    return error.details.length > 0 ? error.details : [{ path: 'body', problem: error.message }]
  }
}

interface Case {
  readonly contract: Contract
  readonly bodies: Readonly<Record<Dialect, readonly unknown[]>>
}

const bodiesEach = 40

function bodiesOf(schema: JsonSchema): fc.Arbitrary<readonly unknown[]> {
  const one = fc
    .tuple(
      fc.integer({ min: 1, max: 3 }).chain(size => drawn(schema, size)),
      fc.option(damages, { nil: [] as readonly Damage[] })
    )
    .map(([body, list]) => JSON.parse(JSON.stringify(damaged(body, list) ?? null)) as unknown)
  return fc.array(one, { minLength: bodiesEach, maxLength: bodiesEach })
}

const cases: fc.Arbitrary<Case> = contracts.chain(contract =>
  fc.record({
    contract: fc.constant(contract),
    bodies: fc.record({
      v1: bodiesOf(v1RequestSchema(contract)),
      mlflow: bodiesOf(mlflowRequestSchema(contract)),
      v2: bodiesOf(v2RequestSchema(contract))
    })
  })
)

/** A disagreement, as far as it takes to say why it has to be. */
interface Disagreement {
  readonly contract: Contract
  readonly body: unknown
  readonly problems: readonly Problem[]
}

/** What JSON Schema cannot say: bodies that it takes and the decoder refuses. */
const beyondSchema: Readonly<Record<string, (found: Disagreement) => boolean>> = {
  'lists agree in length: rows of one free size, inputs that share a dimension, columns': ({ problems }) =>
    problems.every(({ kind }) => kind === 'shape'),
  'base64 stands for text in UTF-8 without NUL': ({ body }) => leavesOf(body).some(isBytesOfNoText),
  'text has no lone surrogates': ({ body }) =>
    leavesOf(body).some(leaf => typeof leaf === 'string' && !leaf.isWellFormed())
}

/** The same in V2: there a schema's refusal is a promise, its consent is not. */
const beyondSchemaOfV2: Readonly<Record<string, (found: Disagreement) => boolean>> = {
  'V2: the product of a shape is the length of its data, and inputs share dimensions': ({ problems }) =>
    problems.every(({ kind }) => kind === 'shape'),
  'V2: bounds are those of features, which tensors do not name': ({ contract, problems }) =>
    contract.rules.some(({ action }) => action === 'reject') &&
    problems.every(({ kind }) => kind === 'range'),
  'V2: data may follow as bytes, which a body of JSON alone does not have': ({ body }) => {
    const { inputs } = body as { readonly inputs: readonly object[] }
    return inputs.some(input => !('data' in input))
  },
  'V2: text has no lone surrogates': beyondSchema['text has no lone surrogates']!
}

/** What would take schemas too large to read: bodies that the decoder takes all the same. */
const beyondReason: Readonly<Record<string, (found: Disagreement) => boolean>> = {
  'a number that a float tensor rounds to a bound': ({ contract, body }) =>
    contract.rules.some(
      ({ action, min, max }) =>
        action === 'reject' &&
        leavesOf(body).some(
          leaf => typeof leaf === 'number' && (isJustBeside(leaf, min) || isJustBeside(leaf, max))
        )
    ),
  'columns of a data frame in another order, or fewer': ({ contract, body }) => {
    const { dataframe_split: frame } = body as {
      readonly dataframe_split?: { readonly columns?: readonly string[] }
    }
    return (
      frame?.columns !== undefined &&
      frame.columns.join() !== contract.features.map(({ name }) => name).join()
    )
  },
  'digits in quotes for a 64-bit integer that has a bound': ({ contract, body }) =>
    contract.signature.inputs.some(({ datatype }) => datatype === 'INT64' || datatype === 'UINT64') &&
    contract.rules.some(({ action, texts }) => action === 'reject' && texts === undefined) &&
    leavesOf(body).some(leaf => typeof leaf === 'string' && /^-?\d+$/.test(leaf)),
  'a flat row after one that shows its free sizes': ({ contract }) =>
    contract.signature.inputs.some(
      ({ shape = [] }) => shape.length > 2 && shape.slice(1).some(size => typeof size !== 'number')
    ),
  'one of many inputs with columns in a list, the others by feature': ({ contract }) =>
    contract.signature.inputs.length > 3,
  'base64 in place of one of the allowed texts': ({ contract, body }) =>
    contract.rules.some(({ action, texts }) => action === 'reject' && texts !== undefined) &&
    leavesOf(body).some(isBytes)
}

function leavesOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null || isBytes(value)) return [value]
  return Object.values(value).flatMap(leavesOf)
}

function isBytesOfNoText(value: unknown): boolean {
  if (!isBytes(value)) return false
  const bytes = Buffer.from(String(value.b64), 'base64')
  return !isUtf8(bytes) || bytes.includes(0)
}

/** Within what FP16 rounds away. */
function isJustBeside(value: number, bound: number): boolean {
  return value !== bound && Math.abs(value - bound) <= Math.max(Math.abs(bound) / 1024, 2 ** -24)
}

t.test('on 10,000 bodies and more, the schema and the decoder agree', async t => {
  const counts = new Map<string, number>()
  fc.assert(
    fc.property(cases, ({ contract, bodies }) => {
      for (const dialect of ['v1', 'mlflow', 'v2'] as const) {
        const validate = compiled(schemas[dialect](contract))
        for (const body of bodies[dialect]) {
          const isValid = validate(body)
          const problems = complaints(dialect, JSON.stringify(body), contract)
          const verdict = verdictOn(dialect, isValid, { contract, body, problems })
          counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
          if (verdict !== 'unexplained') continue
          const facts = { dialect, isValid, body, problems, errors: validate.errors, contract }
          throw new Error(JSON.stringify(facts, (_, value: unknown) => (value === Infinity ? '∞' : value)))
        }
      }
    }),
    { numRuns: 85, seed: 7, endOnFailure: true }
  )
  const sum = (names: readonly string[]): number =>
    names.reduce((total, name) => total + (counts.get(name) ?? 0), 0)
  t.ok(sum([...counts.keys()]) >= 10_000)
  t.ok(sum(['taken']) > 4000, 'many are taken')
  t.ok(sum(['refused']) > 2500, 'and many are refused')
})

function verdictOn(dialect: Dialect, isValid: boolean, found: Disagreement): string {
  const isTaken = found.problems.length === 0
  if (isValid === isTaken) return isTaken ? 'taken' : 'refused'
  const exceptions =
    dialect === 'v2' ? (isValid ? beyondSchemaOfV2 : {}) : isValid ? beyondSchema : beyondReason
  return Object.keys(exceptions).find(name => exceptions[name]!(found)) ?? 'unexplained'
}

const n = (name: string, datatype: Datatype, ...inner: Dimension[]): TensorSpec => ({
  name,
  datatype,
  shape: ['n', ...inner]
})

t.test('each exception has a body that shows it', async t => {
  const k = contractFor([n('x', 'FP32', 'k', 'k')])
  const two = contractFor([n('x', 'FP32', 1), n('y', 'FP32', 1)])
  const text = contractFor([n('x', 'BYTES', 1)])
  const plan = contractFor([n('x', 'BYTES', 1)], { x: { values: ['pro'], outOfRange: 'reject' } })
  const half = contractFor([n('x', 'FP16', 1)], { x: { max: 10, outOfRange: 'reject' } })
  const wide = contractFor([n('x', 'INT64', 1)], { x: { max: 10, outOfRange: 'reject' } })
  const many = contractFor(
    ['a', 'b', 'c', 'd'].map(name => n(name, 'FP32', 1)),
    Object.fromEntries(['a', 'b', 'c', 'd'].map(name => [name, { columns: [{ name: `${name}1` }] }]))
  )
  const tensor = (name: string, shape: readonly number[], datatype: string, data: readonly unknown[]) => ({
    inputs: [{ name, shape, datatype, data }]
  })
  const table: [dialect: Dialect, contract: Contract, body: unknown, verdict: string][] = [
    ['v1', k, { instances: [{ x: [[1]] }, { x: [[1, 2]] }] }, 'lists agree in length'],
    ['v1', two, { inputs: { x: [[1]], y: [[1], [2]] } }, 'lists agree in length'],
    ['mlflow', text, { instances: [{ x: { b64: '//79' } }] }, 'base64 stands for text'],
    ['mlflow', text, { instances: [{ x: { b64: 'AA==' } }] }, 'base64 stands for text'],
    ['v1', text, { instances: [{ x: '\ud800' }] }, 'text has no lone'],
    ['v2', text, tensor('x', [1, 1], 'BYTES', ['\ud800']), 'V2: text has no lone'],
    ['v2', half, tensor('x', [2, 1], 'FP16', [1]), 'V2: the product'],
    ['v2', half, tensor('x', [1, 1], 'FP16', [11]), 'V2: bounds'],
    [
      'v2',
      text,
      { inputs: [{ name: 'x', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: 5 } }] },
      'V2: data may follow'
    ],
    ['v1', half, { instances: [{ x: 10.001 }] }, 'a number that a float'],
    ['mlflow', two, { dataframe_split: { columns: ['y', 'x'], data: [[1, 2]] } }, 'columns of a data frame'],
    ['v1', wide, { instances: [{ x: '5' }] }, 'digits in quotes'],
    ['v1', plan, { instances: [{ x: { b64: 'cHJv' } }] }, 'base64 in place'],
    ['v1', k, { instances: [{ x: [[1]] }, { x: [1] }] }, 'a flat row'],
    ['v1', many, { instances: [{ a: [1], b1: 1, c1: 1, d1: 1 }] }, 'one of many inputs']
  ]
  for (const [dialect, contract, body, wanted] of table) {
    const problems = complaints(dialect, JSON.stringify(body), contract)
    const verdict = verdictOn(dialect, compiled(schemas[dialect](contract))(body), {
      contract,
      body,
      problems
    })
    t.ok(verdict.startsWith(wanted), `${wanted}: ${verdict}`)
  }
  const shown = new Set(table.map(([, , , verdict]) => verdict))
  for (const name of [beyondSchema, beyondSchemaOfV2, beyondReason].flatMap(Object.keys))
    t.ok(
      [...shown].some(start => name.startsWith(start)),
      name
    )
})
