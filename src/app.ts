// The composition root: makes every part and joins them. The only file that may import everything.

import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import pino, { type DestinationStream, type Logger } from 'pino'
import { cpuQuota } from './backend/cpu-quota.ts'
import { startInstance } from './backend/start-instance.ts'
import { TaskThread } from './backend/task-thread.ts'
import { ThreadPool } from './backend/thread-pool.ts'
import { type Clock, settlesWithin, sleep, systemClock } from './base/clock.ts'
import { Turns } from './batching/turns.ts'
import type { Settings } from './config/schema.ts'
import { openStateDirectory, type StateDirectory } from './config/state-directory.ts'
import { buildServer } from './http/server.ts'
import { Permits } from './inference/permits.ts'
import { makePipeline } from './inference/pipeline.ts'
import { type AuditTrail, auditTrail } from './lifecycle/audit.ts'
import { type Loader, makeLoader } from './lifecycle/loader.ts'
import { LifecycleManager } from './lifecycle/manager.ts'
import { isLive, unreadyReason } from './lifecycle/readiness.ts'
import { registerGauges } from './monitoring/gauges.ts'
import { httpCounts } from './monitoring/http-counts.ts'
import { lifecycleLog } from './monitoring/lifecycle-log.ts'
import { Metrics } from './monitoring/metrics.ts'
import { inferenceObserver, loadDurations } from './monitoring/observers.ts'
import { VersionCounts } from './monitoring/version-counts.ts'
import type { Scan } from './repository/scan.ts'
import { Scanner } from './repository/scanner.ts'
import { find, resolve } from './routing/resolve.ts'

export { RepositoryError } from './repository/scan.ts'

const versionIn = (url: string | URL): string =>
  (JSON.parse(readFileSync(new URL(url), 'utf8')) as { version: string }).version

/** Kedge's own version and what it runs on. */
export const build = {
  version: versionIn(new URL('../../package.json', import.meta.url)),
  runtime: `onnxruntime ${versionIn(import.meta.resolve('onnxruntime-node/package.json'))}`,
  node: process.versions.node
} as const

export interface App {
  readonly http: FastifyInstance
  readonly logger: Logger
  /** Listens and begins to load; settles once the first scan has settled. Throws what keeps it from listening. */
  start(): Promise<void>
  /** The orderly end: unready → still serving for the delay → no new connections → drain → unload. False when the deadline passed first. */
  close(): Promise<boolean>
}

export interface AppOptions {
  /** Where log lines go; standard output where absent. */
  readonly logTo?: DestinationStream
  readonly clock?: Clock
}

/** Makes the app; it has looked at the repositories but listens and loads nothing yet. Throws RepositoryError. */
export async function createApp(settings: Settings, options: AppOptions = {}): Promise<App> {
  const { clock = systemClock } = options
  const logger = pino(
    { level: settings.log.level, base: null },
    options.logTo ?? pino.destination({ dest: 1, sync: true })
  )
  const scanOptions = { repositories: settings.models, modelName: settings.modelName, ...settings.repository }
  const state = await openStateDirectory(settings.stateDir)
  const scan = await new Scanner(scanOptions).scan()
  const scannedMs = clock.now()
  const threads = new ThreadPool({ parkedMax: settings.lifecycle.loadsAtOnceMax, clock })
  // They start on other cores while this one makes the rest of the server.
  if (scan.models.length > 0) threads.warm()
  const audit = auditTrail(state, clock, logger)
  const lifetime = { settled: false, draining: false }

  const metrics = new Metrics()
  const manager = new LifecycleManager({
    load: loaderFor(settings, clock, logger, threads),
    loadsAtOnceMax: settings.lifecycle.loadsAtOnceMax,
    clock,
    listeners: [lifecycleLog(logger), loadDurations(metrics), audit.listener]
  })
  registerGauges(metrics, {
    served: () => manager.everyServed(),
    versions: () => manager.versionStates(),
    lastScanMs: () => scannedMs,
    repositoryProblems: () => scan.warnings.length + manager.problemCount(),
    build
  })
  const codec = new TaskThread(new URL('./protocol/v2/tasks.js', import.meta.url))
  const counts = new VersionCounts(() => clock.now())
  const observers = [inferenceObserver(metrics), counts]
  const { admit, infer } = makePipeline({
    resolve: target => resolve(manager, target),
    permits: new Permits(settings.limits),
    observer: {
      finished(report) {
        for (const observer of observers) observer.finished(report)
      }
    },
    clock
  })
  const http = await buildServer({
    version: build.version,
    logger,
    limits: settings.limits,
    ...settings.limits,
    slowRequestMs: settings.log.slowRequestMs,
    nowMs: () => clock.monotonicMs(),
    requireAuth: settings.requireAuth,
    countHttp: httpCounts(metrics),
    draining: () => lifetime.draining,
    live: () => isLive(manager.everyServed(), clock, settings.engine.stuckLiveMaxMs),
    unready: () => unreadyReason({ ...lifetime, required: settings.readiness.require, served: manager }),
    admit,
    infer,
    runTask: (task, input, transfer) => codec.run(task, input, transfer),
    find: target => find(manager, target).version,
    served: model => manager.served(model),
    servedModels: () => manager.servedModels(),
    statuses: () => manager.statuses(),
    statistics: version => counts.statistics(version),
    metrics
  })

  const parts = { codec, threads, settings, logger, clock, state, scan, manager, audit, http, lifetime }
  return { http, logger, start: () => start(parts), close: () => close(parts) }
}

function loaderFor(settings: Settings, clock: Clock, logger: Logger, threads: ThreadPool): Loader {
  const turns = new Turns({
    turnMaxMs: settings.engine.inlineTurnMaxMs,
    nowMs: () => clock.monotonicMs(),
    atTurnEnd: action => void setImmediate(action)
  })
  return makeLoader({
    startInstance: (placement, session) => startInstance(placement, session, () => threads.take()),
    cpus: cpuQuota(),
    turns,
    clock,
    onNotice: (model, version, message) => logger.warn({ model, version }, message),
    ...settings.limits,
    ...settings.lifecycle,
    ...settings.engine
  })
}

interface Parts {
  readonly codec: TaskThread
  readonly threads: ThreadPool
  readonly settings: Settings
  readonly logger: Logger
  readonly clock: Clock
  readonly state: StateDirectory
  readonly scan: Scan
  readonly manager: LifecycleManager
  readonly audit: AuditTrail
  readonly http: FastifyInstance
  readonly lifetime: { settled: boolean; draining: boolean }
}

async function start(parts: Parts): Promise<void> {
  const { settings, logger, state, scan, manager, http, lifetime } = parts
  if (state.problem !== undefined) logger.warn(`state is kept in memory only: ${state.problem}`)
  for (const warning of scan.warnings) logger.warn(warning)
  for (const { name, problems } of scan.models)
    for (const problem of problems) logger.warn({ model: name }, problem)
  logger.info(`Server listening at ${await http.listen({ host: settings.host, port: settings.port })}`)
  if (!settings.requireAuth) {
    logger.warn(
      `OPEN ACCESS: whoever reaches ${settings.host} may predict and read; administration is open to this machine only`
    )
  }
  if (scan.models.length === 0) logger.warn(`no models in ${settings.models.join(', ')}`)
  await manager.reconcile(scan)
  lifetime.settled = true
  const failed = manager.versionStates().filter(({ state }) => state === 'failed').length
  logger.info({ models: manager.servedModels().length, failedVersions: failed }, 'first scan settled')
}

function close({
  codec,
  threads,
  settings,
  logger,
  clock,
  manager,
  audit,
  http,
  lifetime
}: Parts): Promise<boolean> {
  lifetime.draining = true
  const { readinessDelayMs, deadlineMs } = settings.shutdown
  logger.info({ readinessDelayMs, deadlineMs }, 'shutting down')
  const orderly = async (): Promise<void> => {
    await sleep(clock, readinessDelayMs)
    await http.close()
    await manager.stop()
    threads.close()
    await codec.close()
    await audit.flush()
  }
  return settlesWithin(clock, deadlineMs, orderly())
}
