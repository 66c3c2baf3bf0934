// What a caller may do: scopes, and models by name or by pattern. Pure.

export const scopes = ['predict', 'read', 'admin'] as const
export type GrantedScope = (typeof scopes)[number]

export interface Grants {
  readonly scopes: ReadonlySet<GrantedScope>
  /** Patterns of models' names, in which `*` stands for any characters. */
  readonly models: readonly string[]
}

/** Of a route: its scope, and the model that it is about; `every` where it tells of all of them. */
export interface Demand {
  readonly scope: GrantedScope
  readonly model: string | undefined
  readonly every: boolean
}

export function isGranted({ scopes, models }: Grants, { scope, model, every }: Demand): boolean {
  if (!scopes.has(scope)) return false
  if (every) return models.includes('*')
  return model === undefined || isModelGranted(models, model)
}

export function isModelGranted(patterns: readonly string[], model: string): boolean {
  return patterns.some(pattern => fits(pattern, model))
}

/** Without regular expressions: a pattern with many stars must not take long. */
function fits(pattern: string, name: string): boolean {
  let [at, in_] = [0, 0]
  let [star, resume] = [-1, 0]
  while (in_ < name.length) {
    if (pattern[at] === '*') {
      star = at++
      resume = in_
    } else if (pattern[at] === name[in_]) {
      at++
      in_++
    } else if (star >= 0) {
      at = star + 1
      in_ = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
