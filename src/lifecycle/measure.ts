// How long a model's runs take, measured at load: what the choice of a placement rests on.
import type { Instance } from '../backend/backend.ts'
import { stack } from '../tensor/stack.ts'
import type { InferenceRequest, NamedTensor } from '../tensor/tensor.ts'

const roundsMax = 15
/** A model that takes this long has told enough after one run. */
const enoughMs = 20

/**
 * The time inside the runtime of a warm run in milliseconds, or undefined where the runs fail: the least of several, which is what
 * the model needs; the rest is what else the machine did. `request` makes a fresh request each time: a run may take its memory away.
 */
export async function warmRunMs(
  instance: Instance,
  request: () => InferenceRequest,
  outputs: readonly string[]
): Promise<number | undefined> {
  let leastMs: number | undefined
  try {
    for (let round = 0; round < roundsMax; round++) {
      const { runMs } = await instance.run(request().inputs, outputs)
      leastMs = Math.min(runMs, leastMs ?? runMs)
      if (runMs > enoughMs) break
    }
  } catch {
    return undefined
  }
  return leastMs
}

/** Tensors for a run, which may take their memory away; the given ones stay. */
export function copied(inputs: readonly NamedTensor[]): NamedTensor[] {
  return inputs.map(input => ({ ...input, data: input.data.slice() }))
}

/** The first row of a request, so many times over: what a batch of that size costs. */
export function repeated({ inputs }: InferenceRequest, rows: number): InferenceRequest {
  const many = inputs.map((input): NamedTensor => {
    const [total = 1, ...inner] = input.shape
    const data = input.data.slice(0, total === 0 ? 0 : input.data.length / total)
    const row = { datatype: input.datatype, shape: [1, ...inner], data }
    return { name: input.name, ...stack(new Array<typeof row>(rows).fill(row)) }
  })
  return { inputs: many, parameters: {} }
}
