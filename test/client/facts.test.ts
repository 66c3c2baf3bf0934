import t from 'tap'
import { ContractError, readFacts } from '../../src/client/facts.ts'

const number = { anyOf: [{ type: 'number' }, { type: 'string' }] }
const text = { anyOf: [{ type: 'string' }, { type: 'object', properties: { b64: { type: 'string' } } }] }

interface Parts {
  readonly features: readonly ({ readonly name: string; readonly schema: unknown } & Record<
    string,
    unknown
  >)[]
  readonly outputs: Record<string, unknown>
  readonly withClasses?: Record<string, unknown>
  readonly asLists?: Record<string, unknown>
}

/** A document as the server has it. */
function contract({ features, outputs, withClasses, asLists }: Parts): unknown {
  const properties = Object.fromEntries(features.map(({ name, schema }) => [name, schema]))
  const record = { type: 'object', properties }
  const forms = asLists === undefined ? record : { anyOf: [{ type: 'object', properties: asLists }, record] }
  const names = Object.keys(outputs).map(name => ({ const: name }))
  const predictions = (by: Record<string, unknown>): object => {
    const all = Object.values(by)
    return {
      type: 'array',
      items: all.length > 1 ? { anyOf: [{ type: 'object', properties: by }, ...all] } : all[0]
    }
  }
  return {
    model: 'm',
    version: '3',
    features: features.map(({ schema: _, ...feature }) => ({ type: 'number', ...feature })),
    v1: {
      request: {
        properties: {
          instances: {
            anyOf: [
              { type: 'array', items: forms },
              { type: 'array', items: {} }
            ]
          },
          outputs: { type: 'array', items: names.length > 1 ? { anyOf: names } : names[0] }
        }
      },
      response: {
        properties: {
          predictions:
            withClasses === undefined
              ? predictions(outputs)
              : { anyOf: [predictions(outputs), predictions(withClasses)] }
        }
      }
    }
  }
}

t.test('features: types, what may be missing, and what people are told', async t => {
  const orNull = (schema: unknown): object => ({ anyOf: [schema, { type: 'null' }] })
  const cases: [feature: Record<string, unknown>, schema: unknown, type: string, notes: string][] = [
    [{}, number, 'number', ''],
    [
      { unit: 'cm', description: 'Length', min: 0, max: 2, outOfRange: 'reject' },
      number,
      'number',
      'Length. Unit: cm. Expected: 0 to 2; others are refused.'
    ],
    [{ min: 0, outOfRange: 'clip' }, number, 'number', 'Expected: 0 to any; others are moved into it.'],
    [{ max: 1, outOfRange: 'flag' }, number, 'number', 'Expected: any to 1; others are counted.'],
    [{ type: 'integer' }, { type: 'integer' }, 'number', 'A whole number.'],
    [{ nullable: true }, orNull(number), 'number?', 'May be missing.'],
    [{ default: 0, nullable: true }, orNull(number), 'number?', 'Missing: 0 is taken.'],
    [
      { type: 'boolean', default: false },
      orNull({ type: 'boolean' }),
      'boolean?',
      'Missing: false is taken.'
    ],
    [{ type: 'category', values: ['a', 'b'] }, text, "'a' | 'b'", ''],
    [{ type: 'category', values: [1, 2] }, text, "'1' | '2'", ''],
    [{ type: 'category', values: ['x', 1] }, { anyOf: [{ const: 'x' }, { const: 1 }] }, "'x' | 1", ''],
    [{ type: 'string', values: ['a'] }, text, 'string', ''],
    [{ type: 'string' }, { enum: ['a', 'b'] }, "'a' | 'b'", ''],
    [{ type: 'tensor' }, { type: 'array', items: number }, 'readonly number[]', '']
  ]
  for (const [facts, schema, type, notes] of cases) {
    const document = contract({ features: [{ name: 'f', ...facts, schema }], outputs: { y: number } })
    const [feature] = readFacts(document, undefined).features
    t.equal(`${feature?.type}${feature?.optional ? '?' : ''}`, type, JSON.stringify(facts))
    t.equal(feature?.notes.join(' '), notes)
  }
})

t.test('a row is an object by feature, whatever else it may be', async t => {
  const features = [{ name: '__proto__', schema: number }]
  const document = contract({ features, outputs: { y: number }, asLists: { x: {} } })
  t.match(readFacts(document, 'Text').features, [{ name: '__proto__', type: 'number' }])
  t.equal(readFacts(document, 'Text').description, 'Text')
})

t.test('outputs: one alone, several by name, classes where they are known', async t => {
  const features = [{ name: 'f', schema: number }]
  const one = readFacts(contract({ features, outputs: { y: number } }), undefined).prediction
  t.strictSame(one, { classes: false, outputs: [{ name: undefined, type: 'number', notFinite: true }] })
  const label = { anyOf: [{ const: 'a' }, { const: 'b' }, { type: 'integer' }] }
  const several = contract({
    features,
    outputs: { label: { type: 'integer' }, p: { type: 'array', items: number } },
    withClasses: { label, probabilities: { type: 'object', properties: { a: number, b: number } } }
  })
  t.strictSame(readFacts(several, undefined).prediction, {
    classes: true,
    outputs: [
      { name: 'label', type: "'a' | 'b'", notFinite: false },
      { name: 'probabilities', type: "Readonly<Record<'a' | 'b', number>>", notFinite: true }
    ]
  })
  const alone = contract({ features, outputs: { label: { type: 'integer' } }, withClasses: { label } })
  t.match(readFacts(alone, undefined).prediction, { classes: true, outputs: [{ type: "'a' | 'b'" }] })
})

t.test('bytes are base64 objects only where an output is called so', async t => {
  const features = [{ name: 'f', schema: number }]
  const type = (outputs: Record<string, unknown>): unknown =>
    readFacts(contract({ features, outputs }), undefined).prediction.outputs[0]?.type
  t.equal(type({ y: text }), 'string')
  t.equal(type({ y_bytes: text }), 'string | { readonly b64: string }')
})

t.test('what is no contract says so', async t => {
  const whole = contract({
    features: [{ name: 'f', schema: number }],
    outputs: { a: number, b: number }
  }) as {
    v1: { response: object }
  }
  const cases: [document: unknown, message: RegExp][] = [
    [undefined, /expected the contract of a model, got nothing/],
    [[1], /got an array of 1/],
    [{ model: 'm', version: 1 }, /expected the contract/],
    [{ ...whole, features: 'x' }, /"m" lacks features or its V1 form/],
    [{ ...whole, features: [{ name: 1 }] }, /lacks features/],
    [{ ...whole, v1: null }, /lacks features or its V1 form/],
    [{ ...whole, v1: {} }, /no rows by feature/],
    [{ ...whole, features: [{ name: 'g', type: 'number' }] }, /no rows by feature/],
    [{ ...whole, v1: { ...whole.v1, response: {} } }, /no answer by output/]
  ]
  for (const [document, message] of cases) {
    t.throws(() => readFacts(document, undefined), { message })
    t.throws(() => readFacts(document, undefined), ContractError)
  }
})
