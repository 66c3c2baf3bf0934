// The way from a version's folder to its runs, composed from its parts: what serving and checking share.
import { cpuQuota } from './backend/cpu-quota.ts'
import { startInstance } from './backend/start-instance.ts'
import { ThreadPool } from './backend/thread-pool.ts'
import type { Clock } from './base/clock.ts'
import { Turns } from './batching/turns.ts'
import type { Settings } from './config/schema.ts'
import { type Loader, makeLoader } from './lifecycle/loader.ts'

export interface EngineOptions {
  readonly clock: Clock
  /** What happens to a loaded version besides its states. */
  readonly onNotice: (model: string, version: number, message: string) => void
}

export interface Engine {
  readonly load: Loader
  /** Starts the threads that the first loads are about to need. */
  warm(): void
  /** Ends what waits for further loads; every version is closed by then. */
  close(): void
}

export function makeEngine(settings: Settings, { clock, onNotice }: EngineOptions): Engine {
  const { limits, lifecycle, engine } = settings
  const threads = new ThreadPool({ parkedMax: lifecycle.loadsAtOnceMax, clock })
  const turns = new Turns({
    turnMaxMs: engine.inlineTurnMaxMs,
    nowMs: () => clock.monotonicMs(),
    atTurnEnd: action => void setImmediate(action)
  })
  const load = makeLoader({
    startInstance: (placement, session) => startInstance(placement, session, () => threads.take()),
    cpus: cpuQuota(),
    turns,
    clock,
    onNotice,
    ...limits,
    ...lifecycle,
    ...engine
  })
  return { load, warm: () => threads.warm(), close: () => threads.close() }
}
