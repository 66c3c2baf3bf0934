// Which models that load on demand nobody needs right now.
import type { Clock } from '../base/clock.ts'
import type { ManagedModel } from './managed-model.ts'

/** When somebody last used the model, on the monotonic clock; now while somebody does, or while it changes. */
function lastUsedMs(model: ManagedModel, clock: Clock): number {
  const used = [...model.versions.values()].flatMap(({ revision }) => revision.holds?.lastUsedMs ?? [])
  return used.length === 0 ? clock.monotonicMs() : Math.max(...used)
}

/**
 * Calls `sleep` once nobody used a model that loads on demand for as long as model.yaml says. Takes the place of an earlier watch,
 * and keeps no process alive.
 */
export function watchIdle(model: ManagedModel, clock: Clock, sleep: () => void): void {
  model.cancelIdle()
  const idleMs = model.manifest?.unloadIdleMs
  if (!model.present || model.manifest?.load !== 'onDemand' || !model.awake || idleMs === undefined) return
  const dueMs = lastUsedMs(model, clock) + idleMs - clock.monotonicMs()
  const look = (): void => {
    // Whoever settles it watches anew.
    if (model.settling !== undefined) return
    if (clock.monotonicMs() - lastUsedMs(model, clock) >= idleMs) sleep()
    else watchIdle(model, clock, sleep)
  }
  model.cancelIdle = clock.after(Math.max(1, dueMs), look, false)
}

/** The model to unload for the sake of others: on demand, not pinned, used by nobody, and for the longest time. */
export function leastRecentlyUsed(models: readonly ManagedModel[]): ManagedModel | undefined {
  let found: { readonly model: ManagedModel; readonly usedMs: number } | undefined
  for (const model of models) {
    const { manifest, awake, settling } = model
    if (manifest?.load !== 'onDemand' || manifest.pinned || !awake || settling !== undefined) continue
    const used = [...model.versions.values()].flatMap(({ revision }) => revision.holds?.lastUsedMs ?? [])
    if (used.length === 0 || isInUse(model)) continue
    const usedMs = Math.max(...used)
    if (found === undefined || usedMs < found.usedMs) found = { model, usedMs }
  }
  return found?.model
}

function isInUse(model: ManagedModel): boolean {
  return [...model.versions.values()].some(({ revision }) => (revision.holds?.count ?? 0) > 0)
}
