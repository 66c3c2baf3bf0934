// The states of a model version, which may follow which, and what the outside is told of each.

/** In the order of a life that goes well. `probing` and `gating` are passed through only where a version has such a step. */
export const states = [
  'discovered',
  'validating',
  'probing',
  'loading',
  'warming',
  'gating',
  'ready',
  'draining',
  'unloading',
  'unloaded',
  'failed'
] as const

export type State = (typeof states)[number]

const next: Readonly<Record<State, readonly State[]>> = {
  discovered: ['validating', 'failed'],
  validating: ['probing', 'loading', 'failed'],
  probing: ['loading', 'failed'],
  loading: ['warming', 'failed'],
  warming: ['gating', 'ready', 'failed'],
  gating: ['ready', 'failed'],
  ready: ['draining', 'failed'],
  draining: ['unloading', 'failed'],
  unloading: ['unloaded', 'failed'],
  unloaded: ['validating', 'failed'],
  failed: ['validating']
}

export function mayFollow(from: State, to: State): boolean {
  return next[from].includes(to)
}

/** Triton's states, as the repository index shows them. */
export type PublicState = 'LOADING' | 'READY' | 'UNLOADING' | 'UNAVAILABLE'

export function publicState(state: State): PublicState {
  switch (state) {
    case 'discovered':
    case 'validating':
    case 'probing':
    case 'loading':
    case 'warming':
    case 'gating':
      return 'LOADING'
    case 'ready':
      return 'READY'
    case 'draining':
    case 'unloading':
      return 'UNLOADING'
    case 'unloaded':
    case 'failed':
      return 'UNAVAILABLE'
  }
}
