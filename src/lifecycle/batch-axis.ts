// Whether requests for a model may share a run, as far as its signature and model.yaml tell. Pure. What it says yes to is still
// checked with real runs (batch-equivalence.ts).
import type { Manifest } from '../repository/manifest.ts'
import type { Signature, TensorSpec } from '../schema/signature.ts'

/** Undefined when the first dimension of every input and output is the batch, else why not. */
export function unbatchableReason(
  signature: Signature,
  { batching }: Pick<Manifest, 'batching'>
): string | undefined {
  if (!batching.enabled) return 'model.yaml turns batching off'
  const tensors = [...signature.inputs, ...signature.outputs]
  if (signature.inputs.length === 0) return 'the model has no inputs'
  const fixed = tensors.find(tensor => !hasFreeFirst(tensor))
  if (fixed !== undefined) return `the first dimension of '${fixed.name}' is not free`
  if (batching.axis === 0) return undefined
  const names = new Set(tensors.map(({ shape }) => shape?.[0]))
  if (names.has(null))
    return 'the first dimensions have no name that says they are the batch; `batching: { axis: 0 }` does'
  if (names.size > 1)
    return `the first dimensions have different names (${[...names].join(', ')}); \`batching: { axis: 0 }\` says they are the batch`
  return undefined
}

function hasFreeFirst({ shape }: TensorSpec): boolean {
  return shape !== undefined && shape.length > 0 && typeof shape[0] !== 'number'
}

/** Whether a dimension besides the first is free somewhere: then only requests of equal sizes may share a run. */
export function hasFreeSizes({ inputs }: Signature): boolean {
  return inputs.some(
    ({ shape }) => shape === undefined || shape.slice(1).some(dimension => typeof dimension !== 'number')
  )
}
