// Models to measure with. Weights are random and fixed: the same bytes every time.
import { type Initializer, type Node, onnxModel } from '../test/helpers/onnx-model.ts'

/** A model and what to send to it. */
export interface BenchModel {
  readonly name: string
  readonly model: Uint8Array
  readonly shape: readonly number[]
}

export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1)

/** Mulberry32: numbers from -1 to 1 that depend on the seed alone. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1
  }
}

/** As many inputs as the shape asks for, with four digits after the point, as people send them. */
export function inputs(shape: readonly number[], seed: number): number[] {
  const next = randomNumbers(seed)
  return Array.from({ length: elements(shape) }, () => Math.round(next() * 1e4) / 1e4)
}

/** Weights that keep the size of what goes through them. */
function weights(name: string, shape: readonly number[], fanIn: number, seed: number): Initializer {
  const next = randomNumbers(seed)
  const scale = Math.sqrt(6 / fanIn)
  return {
    name,
    datatype: 'FP32',
    shape,
    data: Array.from({ length: elements(shape) }, () => next() * scale)
  }
}

/** A multilayer perceptron of 30 features, 64 hidden units and 3 classes. */
export function tabular(): BenchModel {
  return {
    name: 'tabular',
    shape: [1, 30],
    model: onnxModel({
      producerName: 'kedge-bench',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 30] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 3] }],
      initializers: [
        weights('w1', [30, 64], 30, 1),
        weights('b1', [64], 64, 2),
        weights('w2', [64, 3], 64, 3),
        weights('b2', [3], 64, 4)
      ],
      nodes: [
        { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h'] },
        { op: 'Relu', inputs: ['h'], outputs: ['r'] },
        { op: 'Gemm', inputs: ['r', 'w2', 'b2'], outputs: ['l'] },
        { op: 'Softmax', inputs: ['l'], outputs: ['y'], attributes: { axis: 1 } }
      ]
    })
  }
}

interface Layer {
  readonly from: number
  readonly to: number
  readonly kernel: number
  readonly stride: number
}

/** Convolutions with ReLU, the mean over the image, and scores of ten classes. */
function convolutions(size: number, layers: readonly Layer[]): Uint8Array {
  const initializers: Initializer[] = []
  const nodes: Node[] = []
  let at = 'x'
  for (const [index, { from, to, kernel, stride }] of layers.entries()) {
    const pad = Math.floor(kernel / 2)
    initializers.push(weights(`w${index}`, [to, from, kernel, kernel], from * kernel * kernel, index + 1))
    nodes.push(
      {
        op: 'Conv',
        inputs: [at, `w${index}`],
        outputs: [`c${index}`],
        attributes: {
          kernel_shape: [kernel, kernel],
          pads: [pad, pad, pad, pad],
          strides: [stride, stride]
        }
      },
      { op: 'Relu', inputs: [`c${index}`], outputs: [`r${index}`] }
    )
    at = `r${index}`
  }
  const channels = layers.at(-1)!.to
  initializers.push(weights('w', [channels, 10], channels, 99))
  nodes.push(
    { op: 'GlobalAveragePool', inputs: [at], outputs: ['pooled'] },
    { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
    { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['y'] }
  )
  return onnxModel({
    producerName: 'kedge-bench',
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 3, size, size] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 10] }],
    initializers,
    nodes
  })
}

/** A small image and some ten milliseconds of convolutions on one thread. */
export function convnet(): BenchModel {
  const inner = { from: 64, to: 64, kernel: 3, stride: 1 }
  const layers = [{ from: 3, to: 64, kernel: 3, stride: 1 }, ...new Array<Layer>(12).fill(inner)]
  return { name: 'convnet', shape: [1, 3, 32, 32], model: convolutions(32, layers) }
}

/**
 * An ImageNet-sized input and little to compute: what is measured is how the tensor gets there. Enough, though, for the
 * placement not to hang on how the machine feels while Kedge measures the warm-up.
 */
export function image(): BenchModel {
  const layers = [{ from: 3, to: 32, kernel: 7, stride: 4 }]
  return { name: 'image', shape: [1, 3, 224, 224], model: convolutions(224, layers) }
}

/** `y` is the mean of as many numbers as come. */
export function mean(): BenchModel {
  return {
    name: 'mean',
    shape: [1, 1],
    model: onnxModel({
      producerName: 'kedge-bench',
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 'n'] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 1] }],
      nodes: [{ op: 'ReduceMean', inputs: ['x'], outputs: ['y'], attributes: { axes: [1] } }]
    })
  }
}
