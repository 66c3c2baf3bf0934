// Models whose answer for one row depends on the other rows: what must never share a run with strangers.
import type { Datatype } from '../../src/tensor/datatype.ts'
import { onnxModel } from './onnx-model.ts'

const rows = { datatype: 'FP32', shape: ['batch', 2] } as const

/** `y = x - mean of the batch`. */
export function subtractsMean(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', ...rows }],
    outputs: [{ name: 'y', ...rows }],
    nodes: [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: [0], keepdims: 1 } },
      { op: 'Sub', inputs: ['x', 'mean'], outputs: ['y'] }
    ]
  })
}

/** The rows of `x` from the last to the first; each row alone is as it was. */
export function reversesRows(datatype: Datatype = 'FP32'): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', ...rows, datatype }],
    outputs: [{ name: 'y', ...rows, datatype }],
    initializers: [
      { name: 'from', datatype: 'INT64', shape: [1], data: [-1] },
      { name: 'to', datatype: 'INT64', shape: [1], data: [-1000] },
      { name: 'axis', datatype: 'INT64', shape: [1], data: [0] },
      { name: 'step', datatype: 'INT64', shape: [1], data: [-1] }
    ],
    nodes: [{ op: 'Slice', inputs: ['x', 'from', 'to', 'axis', 'step'], outputs: ['y'] }]
  })
}

/** `y` is one row, whatever came; `z` is `x`. */
export function sumsRows(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', ...rows }],
    outputs: [
      { name: 'z', ...rows },
      { name: 'y', ...rows }
    ],
    initializers: [{ name: 'axes', datatype: 'INT64', shape: [1], data: [0] }],
    nodes: [
      { op: 'Identity', inputs: ['x'], outputs: ['z'] },
      { op: 'ReduceSum', inputs: ['x', 'axes'], outputs: ['y'], attributes: { keepdims: 1 } }
    ]
  })
}

/** Every row twice over. */
export function doublesRows(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', ...rows }],
    outputs: [{ name: 'y', ...rows }],
    nodes: [{ op: 'Concat', inputs: ['x', 'x'], outputs: ['y'], attributes: { axis: 0 } }]
  })
}

/** Refuses batches: adds a constant of one row to what it has made a matrix of exactly one row. */
export function oneRowOnly(): Uint8Array {
  return onnxModel({
    inputs: [{ name: 'x', ...rows }],
    outputs: [{ name: 'y', ...rows }],
    initializers: [{ name: 'shape', datatype: 'INT64', shape: [2], data: [1, 2] }],
    nodes: [{ op: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] }]
  })
}
