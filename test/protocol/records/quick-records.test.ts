import fc from 'fast-check'
import t from 'tap'
import { quickRecords } from '../../../src/protocol/records/quick-records.ts'
import { readV1Body } from '../../../src/protocol/v1/decode.ts'
import { assembleRows } from '../../../src/schema/assemble.ts'
import { type Contract, contractOf } from '../../../src/schema/contract.ts'
import { featuresOf, type InputRules } from '../../../src/schema/features.ts'
import type { TensorSpec } from '../../../src/schema/signature.ts'

function contract(inputs: readonly TensorSpec[], rules: Readonly<Record<string, InputRules>> = {}): Contract {
  const signature = { inputs, outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }] } as const
  return contractOf(signature, featuresOf(signature, rules).features)
}

const names = ['a', 'b c', 'größe']
const columns = names.map(name => ({ name, type: 'number' as const }))
const wide = contract([{ name: 'x', datatype: 'FP32', shape: ['n', 3] }], { x: { columns } })
const apart = contract(
  names.map(name => ({
    name,
    datatype: name === 'a' ? 'FP64' : 'FP32',
    shape: name === 'a' ? ['n'] : ['n', 1]
  }))
)

const read = (text: string, of = wide) => quickRecords(Buffer.from(text), of)

t.test('what it reads is what JSON says, to the bit', async () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38 }).map(String),
    fc.integer().map(String),
    fc.constantFrom(
      '0',
      '-0',
      '1e5',
      '1E+5',
      '-1.5e-7',
      '0.1',
      '12345678901234567890',
      '0.1234567890123456789',
      '1e-400'
    ),
    fc.tuple(fc.nat(99_999), fc.nat(99_999)).map(([whole, part]) => `${whole}.${part}`)
  )
  const space = fc.constantFrom('', '', '', ' ', '\n\t')
  const order = fc.shuffledSubarray(names, { minLength: 3 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 20 }),
      order,
      space,
      (rows, keys, gap) => {
        const records = rows.map(
          row =>
            `{${gap}${keys.map((key, index) => `"${key}"${gap}:${gap}${row[index]}`).join(`${gap},`)}${gap}}`
        )
        const text = `{"instances"${gap}:[${records.join(`,${gap}`)}${gap}]${gap}}`
        const parsed = JSON.parse(text) as { readonly instances: readonly Record<string, unknown>[] }
        return [wide, apart].every(of => {
          const quick = read(text, of)
          const slow = assembleRows(of.signature, of.features, parsed.instances)
          if (quick === undefined || 'problems' in slow) return false
          return quick.tensors.every(
            ({ data, shape }, index) =>
              String(shape) === String(slow[index]!.shape) &&
              [...data].every((value, at) => Object.is(value, slow[index]!.data[at]))
          )
        })
      }
    ),
    { numRuns: 300, seed: 1 }
  )
})

t.test('of anything else it says nothing', async t => {
  const full = '{"a":1,"b c":2,"größe":3}'
  const cases = [
    '',
    '{}',
    '[]',
    '{"instances":[]}',
    `{"instances":[${full}`,
    `{"instances":[${full}]`,
    `{"instances":[${full},]}`,
    `{"instances":[${full},{"b c":2,"a":1,"größe":3}]}`,
    `{"instances":[${full},{"a":1,"b c":2}]}`,
    `{"instances":[{"a":1,"b c":2,"größe":3,"d":4}]}`,
    `{"instances":[{"a":1,"a":2,"größe":3}]}`,
    `{"instances":[{"a":1,"b c":2}]}`,
    `{"instances":[{"\\u0061":1,"b c":2,"größe":3}]}`,
    `{"instances":[[1,2,3]]}`,
    `{"inputs":[],"instances":[${full}]}`,
    `{"instances":[${full}]x}`,
    `{"instances":[${full}]}}`,
    ...[
      '"NaN"',
      'null',
      'true',
      '01',
      '1.',
      '.5',
      '+1',
      '-',
      '1e',
      '1e+',
      '1.5.5',
      '0x1',
      'NaN',
      '1e999',
      '1e39',
      '[1]'
    ].map(value => `{"instances":[{"a":1,"b c":2,"größe":${value}}]}`)
  ]
  for (const text of cases) t.equal(read(text), undefined, text)
  const words = contract([{ name: 'word', datatype: 'BYTES', shape: ['n', 1] }])
  t.equal(read('{"instances":[{"word":1}]}', words), undefined)
})

t.test('what stands beside the records counts as ever, and refusals are the general ones', async t => {
  const full = '{"a":1,"b c":2,"größe":3}'
  const body = (beside: string): Buffer => Buffer.from(`{"instances":[${full}]${beside}}`)
  t.match(readV1Body(body(', "classes": true, "outputs": ["y"]'), wide), { classes: true, outputs: ['y'] })
  t.throws(() => readV1Body(body(',"inputs":[1]'), wide), { code: 'INVALID_REQUEST', message: /got both/ })
  t.throws(() => readV1Body(body(',"clases":true'), wide), {
    code: 'INVALID_REQUEST',
    message: /did you mean 'classes'/
  })
  t.throws(() => readV1Body(body(',"classes"'), wide), { code: 'INVALID_JSON' })
  t.throws(() => readV1Body(body(',"outputs":["z"]'), wide), { code: 'INVALID_INPUT' })
  t.throws(
    () => readV1Body(body(',"instances":[{}]'), wide),
    { code: 'INVALID_INPUT', message: /missing/ },
    'the last counts'
  )
  const strict = contract([{ name: 'x', datatype: 'FP32', shape: ['n', 1] }], {
    x: { columns: [{ name: 'a', max: 1, outOfRange: 'reject' }] }
  })
  try {
    readV1Body(Buffer.from('{"instances":[{"a":1},{"a":2}]}'), strict)
    t.fail('2 is above the bound')
  } catch (error) {
    const details = [{ path: 'instances[1].a', kind: 'range', expected: 'a value up to 1', got: '2' }]
    t.match(error, { code: 'INVALID_INPUT', details })
  }
})
