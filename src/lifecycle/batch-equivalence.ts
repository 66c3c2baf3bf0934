// Whether a batch gives each row the answer that the row has alone. Checked at load with rows that differ from one another, in
// several sizes and positions: a model that mixes rows, or takes another dimension for the batch, is found before it serves.
import { messageOf } from '../errors/serving-error.ts'
import type { Signature } from '../schema/signature.ts'
import { allocate, type Datatype, factsOf, type TensorData } from '../tensor/datatype.ts'
import { halfFromNumber, numberFromHalf } from '../tensor/half.ts'
import { elementCount } from '../tensor/shape.ts'
import { cut, stack } from '../tensor/stack.ts'
import type { NamedTensor, Tensor } from '../tensor/tensor.ts'
import { copied } from './measure.ts'

export type RunOnce = (inputs: readonly NamedTensor[]) => Promise<readonly NamedTensor[]>

/** Which of the rows make each batch; every row stands in several positions. */
const batches: readonly (readonly number[])[] = [
  [0, 1],
  [2, 0, 1],
  [1, 3, 2, 0, 4],
  [4, 3, 2, 1, 0, 5, 6, 7]
]
const rowCount = 8

/** Undefined when batches are equivalent to single runs, else why they are not, or why nobody can tell. */
export async function batchDifference(
  run: RunOnce,
  signature: Signature,
  supplied: readonly (readonly NamedTensor[])[]
): Promise<string | undefined> {
  const rows = distinctRows(signature, supplied)
  const singles: (readonly NamedTensor[])[] = []
  try {
    for (const row of rows) singles.push(await run(copied(row)))
  } catch (error) {
    return `single rows could not be run to compare with (${messageOf(error)})`
  }
  for (const batch of batches) {
    const inputs = rows[0]!.map(({ name }, index) => ({
      name,
      ...stack(batch.map(row => rows[row % rows.length]![index]!))
    }))
    let outputs: readonly NamedTensor[]
    try {
      outputs = await run(inputs)
    } catch (error) {
      return `a batch of ${batch.length} rows fails where its rows do not (${messageOf(error)})`
    }
    for (const [position, row] of batch.entries()) {
      for (const [index, output] of outputs.entries()) {
        const single = singles[row % rows.length]![index]!
        const problem = rowDifference(output, position, batch.length, single)
        if (problem !== undefined)
          return `output '${output.name}' ${problem} in a batch of ${batch.length} rows`
      }
    }
  }
  return undefined
}

function rowDifference(output: Tensor, position: number, rows: number, single: Tensor): string | undefined {
  if (output.shape[0] !== rows || single.shape[0] !== 1) return `has ${output.shape[0]} rows`
  const part = cut(output, new Array<number>(rows).fill(1))[position]!
  if (part.data.length !== single.data.length) return 'has another size'
  for (let i = 0; i < part.data.length; i++) {
    if (!isClose(output.datatype, part.data[i]!, single.data[i]!)) return 'differs from the single run'
  }
  return undefined
}

/** Batches add in another order than single rows, so floats differ in their last digits. */
function isClose(datatype: Datatype, a: number | bigint | string, b: number | bigint | string): boolean {
  if (datatype === 'FP16') return near(numberFromHalf(a as number), numberFromHalf(b as number), 1e-2)
  if (datatype === 'FP32') return near(a as number, b as number, 1e-3)
  if (datatype === 'FP64') return near(a as number, b as number, 1e-6)
  return a === b
}

function near(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= tolerance * (0.01 + Math.abs(b))
}

/** The first rows of the supplied requests where there are two at least, else made up ones. */
function distinctRows(signature: Signature, supplied: readonly (readonly NamedTensor[])[]): NamedTensor[][] {
  const given: NamedTensor[][] = []
  for (const inputs of supplied) {
    const rows = inputs[0]?.shape[0] ?? 0
    if (inputs.some(({ shape }) => shape[0] !== rows)) continue
    const columns = inputs.map(input => cut(input, new Array<number>(rows).fill(1)))
    for (let row = 0; row < rows && given.length < rowCount; row++)
      given.push(inputs.map(({ name }, index) => ({ name, ...columns[index]![row]! })))
  }
  const [first] = given
  const alike = given.filter(row => row.every(({ shape }, i) => shape.join() === first?.[i]?.shape.join()))
  return alike.length > 1 ? alike : Array.from({ length: rowCount }, (_, row) => madeUpRow(signature, row))
}

/** A row unlike the others. Integers are 0 or 1, which most look-up tables have. */
function madeUpRow(signature: Signature, row: number): NamedTensor[] {
  return signature.inputs.map(({ name, datatype, shape: pattern }) => {
    const inner = (pattern ?? []).slice(1).map(dimension => (typeof dimension === 'number' ? dimension : 1))
    const shape = [1, ...inner]
    const data = allocate(datatype, elementCount(shape) ?? 0)
    for (let i = 0; i < data.length; i++) setElement(datatype, data, i, ((row + 1) * 0.37 + i * 0.61) % 1)
    return { name, datatype, shape, data }
  })
}

function setElement(datatype: Datatype, data: TensorData, index: number, fraction: number): void {
  const bit = fraction < 0.5 ? 0 : 1
  switch (factsOf(datatype).kind) {
    case 'string':
      data[index] = `row ${fraction.toFixed(3)}`
      break
    case 'float':
      data[index] = fraction
      break
    case 'half':
      data[index] = halfFromNumber(fraction)
      break
    case 'bigint':
      data[index] = BigInt(bit)
      break
    case 'bool':
    case 'integer':
      data[index] = bit
  }
}
