// The manager of all versions with everyone who listens to it, and what the routes ask of versions and of their past.
import type { Logger } from 'pino'
import { type Clock, settlesWithin } from './base/clock.ts'
import { build } from './build.ts'
import type { Settings } from './config/schema.ts'
import type { StateDirectory } from './config/state-directory.ts'
import type { Drift } from './drift.ts'
import type { Engine } from './engine.ts'
import type { AuditTrail } from './lifecycle/audit.ts'
import type { ControlRequest } from './lifecycle/audit-row.ts'
import { chosenAtStart, repositoryControl } from './lifecycle/control.ts'
import type { Cause } from './lifecycle/events.ts'
import { type HistoryLimits, history } from './lifecycle/history.ts'
import { LifecycleManager } from './lifecycle/manager.ts'
import { isLive, unreadyReason } from './lifecycle/readiness.ts'
import { registerGauges } from './monitoring/gauges.ts'
import { lifecycleLog } from './monitoring/lifecycle-log.ts'
import type { Metrics } from './monitoring/metrics.ts'
import { gateCounts, loadDurations } from './monitoring/observers.ts'
import type { RepositorySource } from './repository/source.ts'
import { demanded, find, type Target, unreadiness } from './routing/resolve.ts'
import { verdictOn } from './routing/verdict.ts'

interface ManagerParts {
  readonly settings: Settings
  readonly engine: Engine
  readonly clock: Clock
  readonly logger: Logger
  readonly source: RepositorySource<Cause>
  readonly metrics: Metrics
  readonly audit: AuditTrail
  readonly drift: Drift
}

/** The manager, with everyone who listens to it and asks it. */
export function makeManager({
  settings,
  engine,
  clock,
  logger,
  source,
  metrics,
  audit,
  drift
}: ManagerParts): LifecycleManager {
  const manager = new LifecycleManager({
    load: engine.load,
    loadsAtOnceMax: settings.lifecycle.loadsAtOnceMax,
    clock,
    listeners: [
      lifecycleLog(logger),
      loadDurations(metrics),
      gateCounts(metrics),
      audit.listener,
      drift.listener
    ],
    choosesModel: chosenAtStart(settings.repository.control, settings.repository.loadModels)
  })
  registerGauges(metrics, {
    served: () => manager.everyServed(),
    versions: () => manager.versionStates(),
    lastScanMs: () => source.lastScanMs,
    repositoryProblems: () => source.warnings.length + manager.problemCount(),
    build
  })
  return manager
}

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
