// The way from a version's folder to its runs, composed from its parts: what serving and checking share.
import { cpuQuota } from './backend/cpu-quota.ts'
import { memoryState } from './backend/memory-limit.ts'
import { ProcessPool } from './backend/process-pool.ts'
import { startInstance } from './backend/start-instance.ts'
import { ThreadPool } from './backend/thread-pool.ts'
import type { Clock } from './base/clock.ts'
import { Turns } from './batching/turns.ts'
import { build } from './build.ts'
import type { Settings } from './config/schema.ts'
import type { AdmissionOptions } from './lifecycle/admission.ts'
import { KnownGood, type TextStore } from './lifecycle/known-good.ts'
import { type Loader, makeLoader } from './lifecycle/loader.ts'
import { MemoryBudget } from './lifecycle/memory-budget.ts'

export interface EngineOptions {
  readonly clock: Clock
  /** What outlives a restart. */
  readonly store: TextStore
  readonly log: { warn(facts: object, message: string): void }
  /** Unloads something that can be loaded again later; false where there is nothing. */
  readonly makeRoom: () => Promise<boolean>
}

export interface Engine {
  readonly load: Loader
  /** Starts the threads, and the processes of probes, that the first loads are about to need. */
  warm(): void
  /** Ends what waits for further loads; every version is closed by then. */
  close(): Promise<void>
}

export async function makeEngine(settings: Settings, options: EngineOptions): Promise<Engine> {
  const { clock, store, log, makeRoom } = options
  const { limits, lifecycle, engine, repository } = settings
  const pool = { parkedMax: lifecycle.loadsAtOnceMax, clock }
  const threads = new ThreadPool(pool)
  const probes = new ProcessPool(pool)
  const knownGood = await KnownGood.load(store, clock, log)
  const turns = new Turns({
    turnMaxMs: engine.inlineTurnMaxMs,
    nowMs: () => clock.monotonicMs(),
    atTurnEnd: action => void setImmediate(action)
  })
  const budget = new MemoryBudget({
    memoryBytesMax: lifecycle.memoryBytesMax,
    state: () => memoryState()
  })
  const admission: AdmissionOptions = {
    digestFileBytesMax: repository.digestFileBytesMax,
    probe: lifecycle.probe,
    runtime: `${build.runtime} ${process.platform}-${process.arch}, node ${build.node}`,
    knownGood,
    budget,
    makeRoom,
    startProbe: (session, fresh) => probes.start(session, fresh),
    clock
  }
  const load = makeLoader({
    admission,
    startInstance: (placement, session) => startInstance(placement, session, () => threads.take()),
    cpus: cpuQuota(),
    turns,
    clock,
    onNotice: (model, version, message) => log.warn({ model, version }, message),
    ...limits,
    ...lifecycle,
    ...engine
  })
  return {
    load,
    warm() {
      threads.warm()
      if (lifecycle.probe === 'always' || (lifecycle.probe === 'auto' && knownGood.isEmpty)) probes.warm()
    },
    async close() {
      threads.close()
      probes.close()
      await knownGood.flush()
    }
  }
}
