import t from 'tap'
import { hasFreeSizes, unbatchableReason } from '../../src/lifecycle/batch-axis.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { Dimension } from '../../src/tensor/shape.ts'
import { manifestOf } from '../helpers/fakes.ts'

type Shape = readonly Dimension[] | undefined

/** A signature with these inputs (`x0`, `x1`, …) and outputs (`y0`, …). */
function shaped(inputs: readonly Shape[], outputs: readonly Shape[]): Signature {
  const specs = (letter: string, shapes: readonly Shape[]) =>
    shapes.map((shape, index) => ({ name: `${letter}${index}`, datatype: 'FP32' as const, shape }))
  return { inputs: specs('x', inputs), outputs: specs('y', outputs) }
}

const plain = manifestOf()
const declared = manifestOf({ batching: { axis: 0 } })
const off = manifestOf({ batching: { enabled: false, axis: 0 } })

const nameless =
  'the first dimensions have no name that says they are the batch; `batching: { axis: 0 }` does'

const cases: [
  name: string,
  inputs: Shape[],
  outputs: Shape[],
  bare: string | undefined,
  axis0: string | undefined
][] = [
  ['one name everywhere', [['batch', 2]], [['batch']], undefined, undefined],
  [
    'any name will do',
    [['N', 2], ['N']],
    [
      ['N', 3],
      ['N', 1, 1]
    ],
    undefined,
    undefined
  ],
  ['no names', [[null, 2]], [[null]], nameless, undefined],
  ['a name and none', [['batch', 2]], [[null]], nameless, undefined],
  [
    'two names among inputs and outputs',
    [['batch', 2]],
    [['rows']],
    'the first dimensions have different names (batch, rows); `batching: { axis: 0 }` says they are the batch',
    undefined
  ],
  [
    'two names among inputs',
    [
      ['a', 2],
      ['b', 2]
    ],
    [['a']],
    'the first dimensions have different names (a, b); `batching: { axis: 0 }` says they are the batch',
    undefined
  ],
  ...(
    [
      ['a fixed input', [[1, 2]], [['batch']], 'x0'],
      ['a fixed second input', [['batch', 2], [4]], [['batch']], 'x1'],
      ['a fixed output', [['batch', 2]], [['batch'], [1]], 'y1'],
      ['a scalar input', [['batch'], []], [['batch']], 'x1'],
      ['a scalar output', [['batch', 2]], [[]], 'y0'],
      ['an input of open rank', [undefined], [['batch']], 'x0'],
      ['an output of open rank', [['batch']], [undefined], 'y0'],
      ['the batch elsewhere', [[2, 'batch']], [['batch']], 'x0']
    ] as [string, Shape[], Shape[], string][]
  ).map(([name, inputs, outputs, tensor]): [string, Shape[], Shape[], string, string] => {
    const reason = `the first dimension of '${tensor}' is not free`
    return [name, inputs, outputs, reason, reason]
  }),
  ['no inputs', [], [['batch']], 'the model has no inputs', 'the model has no inputs']
]

for (const [name, inputs, outputs, bare, axis0] of cases) {
  t.test(name, async t => {
    const signature = shaped(inputs, outputs)
    t.equal(unbatchableReason(signature, plain), bare)
    t.equal(unbatchableReason(signature, declared), axis0, 'with batching.axis')
    t.equal(unbatchableReason(signature, off), 'model.yaml turns batching off')
  })
}

t.test('free sizes are those besides the first, of inputs', async t => {
  const sizes: [inputs: Shape[], outputs: Shape[], free: boolean][] = [
    [[['batch', 2]], [['batch', 'k']], false],
    [[['batch']], [['batch']], false],
    [[[]], [[]], false],
    [[[3, 4]], [[3]], false],
    [[['batch', 'length']], [['batch']], true],
    [[['batch', null]], [['batch']], true],
    [
      [
        ['batch', 2],
        ['batch', 3, 'width']
      ],
      [['batch']],
      true
    ],
    [[undefined], [['batch']], true]
  ]
  for (const [inputs, outputs, free] of sizes)
    t.equal(hasFreeSizes(shaped(inputs, outputs)), free, JSON.stringify(inputs))
})
