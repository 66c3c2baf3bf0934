import fc from 'fast-check'
import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import { readCsvBody } from '../../../src/protocol/mlflow/csv.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const contract = contractFor(
  [
    { name: 'age', datatype: 'FP32', shape: ['n', 1] },
    { name: 'plan', datatype: 'BYTES', shape: ['n', 1] },
    { name: 'member', datatype: 'BOOL', shape: ['n', 1] },
    { name: 'visits', datatype: 'INT64', shape: ['n', 1] },
    { name: 'image', datatype: 'UINT8', shape: ['n', 2] }
  ],
  {
    age: { nullable: true, max: 120, outOfRange: 'clip' },
    member: { default: false },
    visits: { default: 0 }
  }
)
const header = 'age,plan,member,visits,image'

const rows = (text: string): unknown =>
  readCsvBody(Buffer.from(text), contract).inputs.map(({ data }) => [...data])

t.test('cells are read as their feature’s type has them', async t => {
  const cases: [text: string, elements: unknown[][]][] = [
    [`${header}\n1.5,a,true,7,"[1,2]"\n`, [[1.5], ['a'], [1], [7n], [1, 2]]],
    [
      `${header}\r\n,"a ""b"", c",0,9007199254740993,"[1,2]"`,
      [[Number.NaN], ['a "b", c'], [0], [9_007_199_254_740_993n], [1, 2]]
    ],
    [`\ufeff${header}\nNA,,,null,"[1,2]"\n\n`, [[Number.NaN], [''], [0], [0n], [1, 2]]],
    [
      `,image,plan\n0,"[3,4]","two\nlines"\n1,"[5,6]",ü`,
      [
        [Number.NaN, Number.NaN],
        ['two\nlines', 'ü'],
        [0, 0],
        [0n, 0n],
        [3, 4, 5, 6]
      ]
    ]
  ]
  for (const [text, elements] of cases) t.strictSame(rows(text), elements, text)
  t.match(readCsvBody(Buffer.from(`${header}\n500,a,,,"[1,2]"`), contract), {
    outOfRange: 1,
    form: 'rows',
    classes: false
  })
})

t.test('tables that are none, and values that do not fit', async t => {
  const cases: [text: string, code: string, message: RegExp][] = [
    ['', 'INVALID_REQUEST', /got nothing/],
    ['\n\n', 'INVALID_REQUEST', /got nothing/],
    [header, 'INVALID_REQUEST', /got a header line alone/],
    ['age,age\n1,2', 'INVALID_REQUEST', /column "age" stands twice/],
    ['age,\n1,2', 'INVALID_INPUT', /row 1: the model has no feature ""/],
    ['age,plan\n1', 'INVALID_REQUEST', /line 2: expected as many cells/],
    ['age\n"1', 'INVALID_REQUEST', /a quote is opened and never closed/],
    ['age\n1"', 'INVALID_REQUEST', /line 2: not a row of CSV/],
    ['{"instances":[1]}\n1', 'INVALID_REQUEST', /not a row of CSV/],
    ['1.5\n2.5', 'INVALID_INPUT', /no feature "1.5"/],
    [`${header}\nold,a,true,7,"[1,2]"`, 'INVALID_INPUT', /row 1, column age: not a FP32 value.*"old"/],
    [`${header}\n1,a,maybe,7,"[1,2]"`, 'INVALID_INPUT', /row 1, column member/],
    [`${header}\n1,a,true,7.5,"[1,2]"`, 'INVALID_INPUT', /row 1, column visits/],
    [
      `${header}\n1,a,true,7,"[1,2]"\n1,a,true,7,x`,
      'INVALID_INPUT',
      /row 2, column image: data has to be a list/
    ],
    [`${header},Age\n1,a,true,7,"[1,2]",1`, 'INVALID_INPUT', /no feature "Age": .*did you mean 'age'/],
    [
      `age\n${'1'.repeat(2 ** 20 + 100)}\n`,
      'INVALID_REQUEST',
      /line 2: the line is longer than 1048576 bytes/
    ]
  ]
  for (const [text, code, message] of cases) t.throws(() => rows(text), { code, message }, text.slice(0, 40))
  t.throws(() => readCsvBody(Uint8Array.of(0xff), contract), {
    code: 'INVALID_REQUEST',
    message: /not UTF-8/
  })
})

t.test('any text is a table or is refused', async () => {
  const cell = fc.oneof(
    fc.constantFrom('age', 'plan', 'image', '"', '""', '[1,2]', '1', ''),
    fc.string({ maxLength: 4 })
  )
  const text = fc.array(
    fc.array(cell, { maxLength: 4 }).map(cells => cells.join()),
    { maxLength: 4 }
  )
  fc.assert(
    fc.property(text, lines => {
      try {
        rows(lines.join('\n'))
        return true
      } catch (error) {
        return error instanceof ServingError && error.code !== 'INTERNAL'
      }
    }),
    { numRuns: 2000, seed: 8 }
  )
})
