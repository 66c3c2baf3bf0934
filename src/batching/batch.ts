// The tensors of a batch: the inputs of its jobs joined along the first dimension, its outputs cut into what belongs to each.
import { ServingError } from '../errors/serving-error.ts'
import { cut, stack } from '../tensor/stack.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { Job } from './job.ts'

/** Jobs with one merge key have the same inputs in the same order. */
export function stackInputs(jobs: readonly Job[]): NamedTensor[] {
  const [first] = jobs
  return (first?.inputs ?? []).map(({ name }, index) => ({
    name,
    ...stack(jobs.map(job => job.inputs[index]!))
  }))
}

/** The outputs of each job; `rows` are those of the jobs. Throws RUN_FAILED when the model gave another number of rows. */
export function cutOutputs(outputs: readonly NamedTensor[], rows: readonly number[]): NamedTensor[][] {
  const total = rows.reduce((sum, count) => sum + count, 0)
  const parts = rows.map((): NamedTensor[] => [])
  for (const output of outputs) {
    if (output.shape[0] !== total) {
      const cause = new Error(`output '${output.name}' has ${output.shape[0]} rows for a batch of ${total}`)
      throw new ServingError('RUN_FAILED', 'the model failed on these inputs', { cause })
    }
    for (const [index, { datatype, shape, data }] of cut(output, rows).entries())
      parts[index]!.push({ name: output.name, datatype, shape, data })
  }
  return parts
}
