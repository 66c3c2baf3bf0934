import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { BenchError } from '../../../src/cli/bench/bench-error.ts'
import {
  filePayload,
  generatePayloads,
  type InputMetadata,
  type Payload,
  readInputs
} from '../../../src/cli/bench/payload.ts'
import { type Datatype, datatypeNames } from '../../../src/tensor/datatype.ts'

interface Request {
  readonly inputs: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly datatype: string
    readonly data: readonly unknown[]
  }[]
}

const input = (datatype: Datatype, shape: readonly number[], name = 'x'): InputMetadata => ({
  name,
  datatype,
  shape
})
const generate = (inputs: readonly InputMetadata[], rows?: number, seed = 1): Payload[] =>
  generatePayloads(inputs, { rows, binary: false, random: seededRandom(seed) })
const requestOf = ({ body }: Payload): Request => JSON.parse(Buffer.from(body).toString()) as Request

t.test('shapes: rows for a free first dimension, 1 for other free ones', async t => {
  const cases: [pattern: number[], rows: number | undefined, shape: number[], payloadRows: number][] = [
    [[-1, 4], undefined, [1, 4], 1],
    [[-1, 4], 3, [3, 4], 3],
    [[-1, -1, 2], 2, [2, 1, 2], 2],
    [[2, -1], undefined, [2, 1], 2],
    [[-1], 5, [5], 5],
    [[], undefined, [], 1],
    [[-1, 0], undefined, [1, 0], 1]
  ]
  for (const [pattern, rows, shape, payloadRows] of cases) {
    const [payload] = generate([input('FP32', pattern)], rows)
    const [tensor] = requestOf(payload!).inputs
    t.same(tensor!.shape, shape, `${JSON.stringify(pattern)} with ${rows} rows`)
    t.equal(
      tensor!.data.length,
      shape.reduce((product, size) => product * size, 1)
    )
    t.equal(payload!.rows, payloadRows)
  }
})

t.test('values fit their datatype', async t => {
  const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
    boolean: value => typeof value === 'boolean',
    integer: value => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 100,
    number: value => typeof value === 'number' && value >= 0 && value <= 1,
    string: value => /^[a-z]{3,8}$/.test(value as string)
  }
  for (const datatype of datatypeNames) {
    const kind =
      datatype === 'BOOL'
        ? 'boolean'
        : datatype === 'BYTES'
          ? 'string'
          : datatype.startsWith('FP')
            ? 'number'
            : 'integer'
    const [payload] = generate([input(datatype, [-1, 20])], 10)
    const [tensor] = requestOf(payload!).inputs
    t.equal(tensor!.datatype, datatype)
    t.ok(tensor!.data.every(fits[kind]!), datatype)
    t.ok(new Set(tensor!.data).size > 1, `${datatype} varies`)
    t.same(payload!.headers, { 'content-type': 'application/json' })
  }
})

t.test('several payloads, all different, and the same for the same seed', async t => {
  const inputs = [input('FP32', [-1, 4]), input('BYTES', [-1, 1], 'word')]
  const bodies = generate(inputs, 2).map(({ body }) => Buffer.from(body).toString())
  t.equal(new Set(bodies).size, 16)
  t.same(
    generate(inputs, 2).map(({ body }) => Buffer.from(body).toString()),
    bodies
  )
  t.notSame(
    generate(inputs, 2, 2).map(({ body }) => Buffer.from(body).toString()),
    bodies
  )
  const {
    inputs: [x]
  } = requestOf(generate(inputs, 2)[0]!)
  t.notSame(x!.data.slice(0, 4), x!.data.slice(4), 'rows differ')
})

t.test('large payloads are fewer', async t => {
  const count = (rows: number): number =>
    generatePayloads([input('UINT8', [-1, 10], 'x')], {
      rows,
      binary: true,
      random: () => 0.5,
      bytesMax: 1e5
    }).length
  // Ten bytes a row, and some hundred of the head.
  t.equal(count(1), 16)
  t.equal(count(2000), 4)
  t.equal(count(6000), 1)
  t.equal(count(100_000), 1, 'one is needed')
})

t.test('what cannot be made up is said in a line', async t => {
  const cases: [action: () => unknown, text: RegExp][] = [
    [
      () => generate([input('FP32', [4, 4], 'a')], 2),
      /^--rows 2: no input of the model has a free first dimension \('a'\)$/
    ],
    [
      () => generate([input('FP32', [-1, 2 ** 20])], 17),
      /shape \[17,1048576\] has more than 16777216 elements/
    ],
    [() => generate([input('FP32', [2 ** 40, 2 ** 40])]), /has more than/],
    [() => readInputs(null), /names no inputs/],
    [() => readInputs({ inputs: [] }), /names no inputs/],
    [() => readInputs({ inputs: [null] }), /not that of the protocol: got nothing/],
    [
      () => readInputs({ inputs: [{ name: 'x', datatype: 'FP32', shape: [-2] }] }),
      /not that of the protocol: got "x"/
    ],
    [() => readInputs({ inputs: [{ name: 'x', datatype: 'FP32', shape: '4' }] }), /not that of the protocol/],
    [
      () => readInputs({ inputs: [{ name: 'x', datatype: 'FP8', shape: [1] }] }),
      /datatype "FP8", which .*--data/
    ]
  ]
  for (const [action, text] of cases) {
    t.throws(action, { message: text })
    t.throws(action, BenchError)
  }
})

t.test('metadata is read as the protocol writes it', async t => {
  const shape = [-1, 4]
  const inputs = [{ name: 'x', datatype: 'FP32', shape, parameters: {} }]
  t.same(readInputs({ name: 'm', versions: ['1'], inputs, outputs: [] }), [
    { name: 'x', datatype: 'FP32', shape }
  ])
})

t.test('the request of a file is sent byte for byte', async t => {
  const body = Buffer.from(
    ' {"inputs": [{"name": "x", "shape": [3, 1], "datatype": "INT64", "data": [9007199254740993, 1, 2]}]}\n'
  )
  const payload = filePayload(body, 'a.json')
  t.equal(payload.body, body)
  t.equal(payload.rows, 3)
  t.equal(filePayload(Buffer.from('{"inputs": [{"shape": []}]}'), 'a.json').rows, 1)
  for (const text of [
    '[]',
    'null',
    '{}',
    '{"inputs": []}',
    '{"inputs": [null]}',
    '{"inputs": [{"shape": ["3"]}]}'
  ])
    t.throws(
      () => filePayload(Buffer.from(text), 'a.json'),
      { message: /^--data a\.json is not a V2 request/ },
      text
    )
  t.throws(() => filePayload(Buffer.from('{'), 'a.json'), { message: /^--data a\.json is not JSON: / })
})
