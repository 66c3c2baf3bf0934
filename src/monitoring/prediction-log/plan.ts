// What the prediction log may hold of each tensor of a version: its columns by the names of features, and what is done to each by the
// rules of model.yaml. Where the rules cannot be meant as they stand, less is kept, never more.
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import type { Feature } from '../../schema/features.ts'

/** `hash` keeps what tells equal values from others, `redact` nothing. */
export type Rule = 'keep' | 'redact' | 'hash'

export interface ColumnPlan {
  readonly name: string
  readonly rule: Rule
  /** What gives the elements their meaning; undefined of an output. */
  readonly feature: Feature | undefined
}

export interface TensorPlan {
  readonly name: string
  /** One value a row each; undefined where the tensor is logged whole. */
  readonly columns: readonly ColumnPlan[] | undefined
  /** What is done to the tensor where it is logged whole. */
  readonly rule: Rule
}

export interface LogPlan {
  readonly inputs: ReadonlyMap<string, TensorPlan>
  readonly outputs: ReadonlyMap<string, TensorPlan>
  /** Names in the rules that the version has nowhere. */
  readonly unknownNames: readonly string[]
}

/** Pure. A rule for an input holds for those of its columns that have none of their own. */
export function planOf({
  signature,
  features,
  manifest
}: Pick<ModelVersion, 'signature' | 'features' | 'manifest'>): LogPlan {
  const { features: rules, standard: given } = manifest.predictionLog
  const known = new Set([...signature.inputs, ...signature.outputs, ...features].map(({ name }) => name))
  const unknownNames = Object.keys(rules).filter(name => !known.has(name))
  // A misspelt name was meant to hide something, and nobody knows what.
  const standard: Rule = unknownNames.length > 0 && given === 'keep' ? 'redact' : given
  const ruleOf = (...names: readonly string[]): Rule => {
    const ruled = names.find(name => Object.hasOwn(rules, name))
    return ruled === undefined ? standard : rules[ruled]!
  }
  const inputs = signature.inputs.map(({ name }): TensorPlan => {
    const own = features.filter(({ input }) => input === name)
    if (own.length === 0 || own[0]!.type === 'tensor') return { name, columns: undefined, rule: ruleOf(name) }
    const columns = own.map(feature => ({
      name: feature.name,
      rule: ruleOf(feature.name, name),
      feature
    }))
    return { name, columns, rule: columns.every(({ rule }) => rule === 'keep') ? 'keep' : 'redact' }
  })
  const outputs = signature.outputs.map(
    ({ name }): TensorPlan => ({ name, columns: undefined, rule: ruleOf(name) })
  )
  const byName = (plans: readonly TensorPlan[]) => new Map(plans.map(plan => [plan.name, plan]))
  return { inputs: byName(inputs), outputs: byName(outputs), unknownNames }
}
