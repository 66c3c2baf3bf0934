// Ready-made small models for tests, each for one thing that a served model can be or do.
import type { Datatype } from '../../src/tensor/datatype.ts'
import { type Dim, graph, onnxModel, sequenceOfMaps } from './onnx-model.ts'

/** `x` comes back as `y`. */
export function identity(datatype: Datatype = 'FP32', shape: readonly Dim[] = ['batch', 2]): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype, shape }],
    outputs: [{ name: 'y', datatype, shape }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }]
  })
}

/** `y = x + constant`, so that versions can be told apart. */
export function plus(constant: number): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
    initializers: [{ name: 'c', datatype: 'FP32', shape: [1], data: [constant] }],
    nodes: [{ op: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
    producerName: 'plus',
    metadata: { constant: String(constant) }
  })
}

/** `sum = a + b`, both `[batch, 3]`; `left` is `a` again. */
export function sum(): Uint8Array {
  const shape = ['batch', 3]
  return onnxModel({
    inputs: [
      { name: 'a', datatype: 'FP32', shape },
      { name: 'b', datatype: 'FP32', shape }
    ],
    outputs: [
      { name: 'sum', datatype: 'FP32', shape },
      { name: 'left', datatype: 'FP32', shape }
    ],
    nodes: [
      { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
      { op: 'Identity', inputs: ['a'], outputs: ['left'] }
    ]
  })
}

/** A number, a text and an integer, one `[N, 1]` input each. */
export function mixed(): Uint8Array {
  const inputs = [
    { name: 'age', datatype: 'FP32', shape: ['N', 1] },
    { name: 'plan', datatype: 'BYTES', shape: ['N', 1] },
    { name: 'visits', datatype: 'INT64', shape: ['N', 1] }
  ] as const
  return onnxModel({
    inputs,
    outputs: inputs.map(input => ({ ...input, name: `${input.name}_out` })),
    nodes: inputs.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [`${name}_out`] }))
  })
}

/** `y` is element `x` of three; an index beyond them makes the run fail. */
export function picky(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['batch'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch'] }],
    initializers: [{ name: 'table', datatype: 'FP32', shape: [3], data: [10, 20, 30] }],
    nodes: [{ op: 'Gather', inputs: ['table', 'x'], outputs: ['y'] }]
  })
}

/** Cannot run on zeros: the generated warm-up fails, real requests (1 or 2) do not. */
export function refusesZeros(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['batch'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch'] }],
    initializers: [
      { name: 'table', datatype: 'FP32', shape: [2], data: [10, 20] },
      { name: 'three', datatype: 'INT64', shape: [1], data: [3] }
    ],
    // Index x - 3: only 1 and 2 lie within -2…1.
    nodes: [
      { op: 'Sub', inputs: ['x', 'three'], outputs: ['index'] },
      { op: 'Gather', inputs: ['table', 'index'], outputs: ['y'] }
    ]
  })
}

/** `x` through `iterations` products with a 256×256 matrix of 64 rows: a few hundred microseconds each, whatever `x` is. */
export function slow(iterations: number): Uint8Array {
  const body = graph({
    inputs: [
      { name: 'i', datatype: 'INT64', shape: [] },
      { name: 'go', datatype: 'BOOL', shape: [] },
      { name: 'm_in', datatype: 'FP32', shape: [256, 256] }
    ],
    outputs: [
      { name: 'go_out', datatype: 'BOOL', shape: [] },
      { name: 'm_out', datatype: 'FP32', shape: [256, 256] }
    ],
    nodes: [
      { op: 'Identity', inputs: ['go'], outputs: ['go_out'] },
      { op: 'MatMul', inputs: ['m_in', 'm_in'], outputs: ['m_out'] }
    ]
  })
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 1] }],
    initializers: [
      { name: 'times', datatype: 'INT64', shape: [], data: [iterations] },
      { name: 'yes', datatype: 'BOOL', shape: [], data: [1] },
      { name: 'size', datatype: 'INT64', shape: [2], data: [256, 256] },
      { name: 'zero', datatype: 'FP32', shape: [1], data: [0] }
    ],
    nodes: [
      // The matrix depends on x, so that the optimizer cannot compute the loop ahead.
      { op: 'ReduceSum', inputs: ['x'], outputs: ['total'], attributes: { keepdims: 0 } },
      { op: 'Mul', inputs: ['total', 'zero'], outputs: ['nothing'] },
      { op: 'Expand', inputs: ['nothing', 'size'], outputs: ['start'] },
      {
        op: 'Loop',
        inputs: ['times', 'yes', 'start'],
        outputs: ['end'],
        attributes: { body: { graph: body } }
      },
      { op: 'ReduceSum', inputs: ['end'], outputs: ['still_nothing'], attributes: { keepdims: 0 } },
      { op: 'Add', inputs: ['x', 'still_nothing'], outputs: ['y'] }
    ]
  })
}

/** scikit-learn's default export: a second output that no tensor can hold. */
export function zipMap(): Uint8Array {
  return onnxModel({
    opsets: { '': 17, 'ai.onnx.ml': 3 },
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
    outputs: [{ name: 'output_probability', type: sequenceOfMaps }],
    nodes: [
      {
        op: 'ZipMap',
        domain: 'ai.onnx.ml',
        inputs: ['x'],
        outputs: ['output_probability'],
        attributes: { classlabels_int64s: [0, 1] }
      }
    ]
  })
}

/** Casts to bfloat16 (16), which the runtime's Node binding refuses. */
export function bfloat16Output(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', datatype: 16, shape: ['batch', 2] }],
    nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: 16 } }]
  })
}

/** `y = x + w`, where the two numbers of `w` lie in another file. */
export function externalWeights(location: string): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
    initializers: [{ name: 'w', datatype: 'FP32', shape: [2], data: { location, length: 8 } }],
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }]
  })
}

/** Well-formed, but with an operator that does not exist: the runtime refuses it. */
export function unknownOperator(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
    nodes: [{ op: 'NoSuchOperator', inputs: ['x'], outputs: ['y'] }]
  })
}

/**
 * Divides the least integer by -1, which ends the process on x64: when its session is created, or at a run on zeros. The runtime looks
 * for divisors of 0 only.
 */
export function crashes(when: 'opening' | 'running'): Uint8Array {
  const [dividend, divisor] = when === 'opening' ? ['least', 'minus'] : ['a', 'b']
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['batch'] }],
    outputs: [{ name: 'y', datatype: 'INT64', shape: ['batch'] }],
    initializers: [
      { name: 'least', datatype: 'INT64', shape: [1], data: [-(2 ** 63)] },
      { name: 'minus', datatype: 'INT64', shape: [1], data: [-1] }
    ],
    nodes: [
      { op: 'Add', inputs: ['x', 'least'], outputs: ['a'] },
      { op: 'Add', inputs: ['x', 'minus'], outputs: ['b'] },
      { op: 'Div', inputs: [dividend, divisor], outputs: ['quotient'] },
      { op: 'Add', inputs: ['a', 'quotient'], outputs: ['y'] }
    ]
  })
}

/** Takes longer to open than any test: the optimizer computes a long chain of large matrix products ahead. */
export function opensForever(): Uint8Array {
  const products = 2000
  const links = Array.from({ length: products }, (_, i) => ({
    op: 'MatMul',
    inputs: [`m${i}`, `m${i}`],
    outputs: [`m${i + 1}`]
  }))
  return onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 1] }],
    initializers: [
      { name: 'zero', datatype: 'FP32', shape: [1], data: [0] },
      { name: 'size', datatype: 'INT64', shape: [2], data: [2048, 2048] }
    ],
    nodes: [
      { op: 'Expand', inputs: ['zero', 'size'], outputs: ['m0'] },
      ...links,
      { op: 'ReduceSum', inputs: [`m${products}`], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Add', inputs: ['x', 'sum'], outputs: ['y'] }
    ]
  })
}
