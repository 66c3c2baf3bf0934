// What the routes ask of versions and of their past, and what callers have done to them.
import { type Clock, settlesWithin } from './base/clock.ts'
import type { Settings } from './config/schema.ts'
import type { StateDirectory } from './config/state-directory.ts'
import type { AuditTrail } from './lifecycle/audit.ts'
import type { ControlRequest } from './lifecycle/audit-row.ts'
import { repositoryControl } from './lifecycle/control.ts'
import type { Cause } from './lifecycle/events.ts'
import { type HistoryLimits, history } from './lifecycle/history.ts'
import type { LifecycleManager } from './lifecycle/manager.ts'
import { isLive, unreadyReason } from './lifecycle/readiness.ts'
import type { RepositorySource } from './repository/source.ts'
import { demanded, find, type Target, unreadiness } from './routing/resolve.ts'
import { verdictOn } from './routing/verdict.ts'

interface LifecycleParts {
  readonly settings: Settings
  readonly source: RepositorySource<Cause>
  readonly manager: LifecycleManager
  readonly audit: AuditTrail
  readonly state: StateDirectory
  readonly clock: Clock
  readonly lifetime: { readonly settled: boolean; readonly draining: boolean }
}

export function lifecycleServices({
  settings,
  source,
  manager,
  audit,
  state,
  clock,
  lifetime
}: LifecycleParts) {
  const { control: mode, controlApi } = settings.repository
  return {
    async find(target: Target) {
      const model = demanded(manager, target)
      if (model !== undefined) await settlesWithin(clock, model.timeoutMs, model.arrived)
      return find(manager, target).version
    },
    live: () => isLive(manager.everyServed(), clock, settings.engine.stuckLiveMaxMs),
    unready: () => unreadyReason({ ...lifetime, required: settings.readiness.require, served: manager }),
    unreadiness: (target: Target) => unreadiness(manager, target),
    servedByDefault: () =>
      [...manager.servedModels()].sort().flatMap(model => manager.served(model)?.standard.version ?? []),
    knownModels: () => [...new Set(manager.statuses().map(({ model }) => model))].sort(),
    served: (model: string) => manager.served(model),
    servedModels: () => manager.servedModels(),
    statuses: () => manager.statuses(),
    controlApi,
    control: repositoryControl({ mode, look: (model, cause) => source.look(cause, model), manager }),
    recordRequest: (request: ControlRequest) => audit.recordRequest(request),
    verdict: (target: Target) => verdictOn(manager, target),
    async history(model: string, limits: HistoryLimits) {
      await audit.flush()
      return history(state, model, limits)
    }
  }
}
