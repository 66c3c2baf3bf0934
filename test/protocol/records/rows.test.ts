import t from 'tap'
import { readRows } from '../../../src/protocol/records/rows.ts'
import type { Contract } from '../../../src/schema/contract.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const pair = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 2] }], {
  x: { columns: [{ name: 'a' }, { name: 'b', default: 7 }] }
})
const one = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 1] }])
const two = contractFor(
  [
    { name: 'x', datatype: 'FP32', shape: ['n', 2] },
    { name: 'plan', datatype: 'BYTES', shape: ['n', 1] }
  ],
  { x: { columns: [{ name: 'a' }, { name: 'b' }] } }
)
const image = contractFor([{ name: 'x', datatype: 'UINT8', shape: ['n', 2, 2] }])

/** The elements of each input, or the first problem. */
function read(contract: Contract, rows: readonly unknown[]): unknown {
  const result = readRows(rows, contract, 'rows')
  if (!('problems' in result))
    return Object.fromEntries(result.tensors.map(({ name, data }) => [name, [...data]]))
  const { path, problem } = result.problems[0]!
  return `${path}: ${problem}`
}

t.test('rows of values, of inputs, of features', async t => {
  const cases: [contract: Contract, rows: readonly unknown[], elements: unknown][] = [
    [
      pair,
      [
        [1, 2],
        [3, 4]
      ],
      { x: [1, 2, 3, 4] }
    ],
    [pair, [{ x: [1, 2] }, { b: 4, a: 3 }, { a: 5 }], { x: [1, 2, 3, 4, 5, 7] }],
    [one, [1, 2], { x: [1, 2] }],
    [one, [[1], [2]], { x: [1, 2] }],
    [one, [{ x: 1 }], { x: [1] }],
    [
      two,
      [
        { x: [1, 2], plan: 'p' },
        { a: 3, b: 4, plan: { b64: 'cQ' } }
      ],
      { x: [1, 2, 3, 4], plan: ['p', 'q'] }
    ],
    [
      image,
      [
        [
          [1, 2],
          [3, 4]
        ]
      ],
      { x: [1, 2, 3, 4] }
    ],
    [
      image,
      [
        {
          x: [
            [1, 2],
            [3, 4]
          ]
        },
        { x: [5, 6, 7, 8] }
      ],
      { x: [1, 2, 3, 4, 5, 6, 7, 8] }
    ]
  ]
  for (const [contract, rows, elements] of cases)
    t.strictSame(read(contract, rows), elements, JSON.stringify(rows))
})

t.test('what is wrong is told where it stands', async t => {
  const cases: [contract: Contract, rows: readonly unknown[], told: string][] = [
    [pair, [[1, 2], { a: 1 }], 'rows[1]: rows are of two kinds'],
    [pair, [{ a: 1 }, null], 'rows[1]: rows are of two kinds'],
    [two, [[1, 2]], 'rows[0]: the model has 2 inputs, so that a row needs names'],
    [pair, [[1, 2], [3]], 'rows[1]: nested data does not match the shape'],
    [pair, [{ x: [1] }], 'rows[0].x: input "x" has 2 columns'],
    [pair, [{ x: 5 }], 'rows[0].x: input "x" has 2 columns'],
    [pair, [{ x: [1, 2], b: 3 }], 'rows[0].b: the value is in "x" as well'],
    [pair, [{ x: [1, null] }, { x: ['p', 1] }], 'rows[1].a: not a FP32 value'],
    [pair, [{ a: 1, c: 1 }], 'rows[0]: the model has no feature "c"'],
    [pair, [{}], 'rows[0].a: the feature is missing'],
    [one, [1, [2]], 'rows[1]: not a FP32 value'],
    [one, [null], 'rows[0]: not a FP32 value'],
    [image, [{ x: [[1, 2], [3]] }], 'rows[0].x[1]: nested data does not match the shape'],
    [two, [{ x: [1, 2], plan: { b64: '!' } }], 'rows[0].plan: not a BYTES value']
  ]
  for (const [contract, rows, told] of cases) {
    const result = read(contract, rows)
    t.equal(typeof result === 'string' ? result : JSON.stringify(result), told, JSON.stringify(rows))
  }
  const many = readRows(new Array(100).fill({ x: [] }), pair, 'rows')
  t.equal('problems' in many && many.problems.length, 32)
})

t.test('sizes that the graph fixes and sizes that inputs share hold for rows', async t => {
  const fixed = contractFor([{ name: 'x', datatype: 'FP32', shape: [2, 1] }], {
    x: { columns: [{ name: 'a' }] }
  })
  t.strictSame(read(fixed, [{ a: 1 }, { a: 2 }]), { x: [1, 2] })
  t.match(read(fixed, [{ a: 1 }]), /^rows: input "x" has the wrong shape/)
  const shared = contractFor([
    { name: 'x', datatype: 'FP32', shape: ['n', 'k'] },
    { name: 'y', datatype: 'FP32', shape: ['n', 'k'] }
  ])
  t.strictSame(read(shared, [{ x: [1, 2], y: [3, 4] }]), { x: [1, 2], y: [3, 4] })
  t.match(read(shared, [{ x: [1, 2], y: [3] }]), /^rows: input "y" has the wrong shape/)
  const scalar = contractFor([{ name: 'x', datatype: 'FP32', shape: [] }])
  t.match(read(scalar, [{ x: 1 }]), /^rows: input "x" has the wrong shape/)
})

t.test('the place of an element is its row and its feature, or where the value stands', async t => {
  const cases: [
    contract: Contract,
    rows: readonly unknown[],
    input: string,
    element: number,
    place: string
  ][] = [
    [pair, [{ a: 1 }, { a: 2 }], 'x', 3, 'rows[1].feature'],
    [
      pair,
      [
        [1, 2],
        [3, 4]
      ],
      'x',
      3,
      'rows[1][1]'
    ],
    [image, [{ x: [1, 2, 3, 4] }, { x: [1, 2, 3, 4] }], 'x', 5, 'rows[1].feature'],
    [one, [1, 2], 'x', 1, 'rows[1]']
  ]
  for (const [contract, rows, input, element, place] of cases) {
    const result = readRows(rows, contract, 'rows')
    t.equal('placeOf' in result && result.placeOf(input, 'feature', element), place, JSON.stringify(rows))
  }
})
