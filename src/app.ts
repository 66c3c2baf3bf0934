// The composition root: makes every part and joins them. The only file that may import everything.

import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import pino, { type DestinationStream, type Logger } from 'pino'
import { announce } from './announcement.ts'
import { TaskThread } from './backend/task-thread.ts'
import { type Clock, settlesWithin, sleep, systemClock } from './base/clock.ts'
import { build } from './build.ts'
import type { Certificates } from './certificates.ts'
import type { Settings } from './config/schema.ts'
import { openStateDirectory, type StateDirectory } from './config/state-directory.ts'
import { type Drift, makeDrift } from './drift.ts'
import { type Edge, makeEdge } from './edge.ts'
import { type Engine, makeEngine } from './engine.ts'
import { adminServer, listening } from './http/listeners.ts'
import { buildServer, serverOptions } from './http/server.ts'
import type { InferenceObserver } from './inference/observer.ts'
import { Permits } from './inference/permits.ts'
import { makePipeline, type Pipeline } from './inference/pipeline.ts'
import { type AuditTrail, auditTrail } from './lifecycle/audit.ts'
import type { Cause } from './lifecycle/events.ts'
import type { LifecycleManager } from './lifecycle/manager.ts'
import type { ModelVersion } from './lifecycle/model-version.ts'
import { lifecycleServices, makeManager } from './lifecycle-services.ts'
import { observedFeatures } from './monitoring/drift/observed.ts'
import { httpCounts } from './monitoring/http-counts.ts'
import { Metrics } from './monitoring/metrics.ts'
import { inferenceObserver } from './monitoring/observers.ts'
import type { PredictionLog } from './monitoring/prediction-log/log.ts'
import type { PredictionSink } from './monitoring/prediction-log/queue.ts'
import { VersionCounts } from './monitoring/version-counts.ts'
import { predictionsOf } from './predictions.ts'
import { repositorySource } from './repositories.ts'
import type { Scan } from './repository/scan.ts'
import type { RepositorySource } from './repository/source.ts'
import { demanded, find, resolve, type Target } from './routing/resolve.ts'

export { RepositoryError } from './repository/scan.ts'

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
  /** Where logged predictions go; files where absent. */
  readonly predictionSink?: PredictionSink
}

/** Makes the app; it has looked at the repositories but listens and loads nothing yet. Throws RepositoryError and ConfigError. */
export async function createApp(settings: Settings, options: AppOptions = {}): Promise<App> {
  const { clock = systemClock } = options
  const logger = pino(
    { level: settings.log.level, base: null },
    options.logTo ?? pino.destination({ dest: 1, sync: true })
  )
  const state = await openStateDirectory(settings.stateDir)
  const source = repositorySource(settings, clock, logger, (scan, cause) => {
    drift.onScan(scan)
    return manager.reconcile(scan, cause)
  })
  const scan = await source.first()
  const metrics = new Metrics(() => drift.service.expose())
  const drift = makeDrift({
    settings,
    clock,
    state,
    log: logger,
    metrics,
    served: () => manager.everyServed().map(({ version }) => version)
  })
  const { predictionSink: sink } = options
  const predictions = await predictionsOf(settings, { state, clock, logger, metrics, sink })
  const edge = await makeEdge(settings, { clock, log: logger, metrics })
  const engine = await makeEngine(settings, {
    clock,
    store: state,
    log: logger,
    makeRoom: () => manager.makeRoom()
  })
  // Threads start on other cores while this one makes the rest of the server.
  if (scan.models.length > 0) engine.warm()
  const audit = auditTrail({ store: state, limits: settings.audit, clock, log: logger })
  const lifetime = { settled: false, draining: false }
  const manager = makeManager({ settings, engine, clock, logger, source, metrics, audit, drift })
  const codec = new TaskThread(new URL('./protocol/tasks.js', import.meta.url))
  const counts = new VersionCounts(() => clock.now())
  const observers = [
    inferenceObserver(metrics),
    counts,
    drift.service.observer,
    ...(predictions === undefined ? [] : [predictions])
  ]
  const pipeline = pipelineFor(settings, manager, clock, observers)
  const http = await buildServer({
    ...settled(settings, clock),
    logger,
    access: edge.access,
    tracing: edge.telemetry?.tracing,
    certificates: edge.certificates?.files,
    countHttp: httpCounts(metrics),
    draining: () => lifetime.draining,
    ...pipeline,
    runTask: (task, input, transfer) => codec.run(task, input, transfer),
    statistics: version => counts.statistics(version),
    ...lifecycleServices({ settings, source, manager, audit, state, clock, lifetime }),
    ...driftServices(drift, manager),
    metrics
  })

  const admin =
    settings.admin.port > 0
      ? adminServer(http, serverOptions(settings.limits), edge.certificates?.files)
      : undefined
  const given = { admin, settings, logger, clock, state, source, scan, lifetime }
  const parts = { ...given, ...edge, codec, engine, manager, audit, drift, predictions, http }
  return { http, logger, start: () => start(parts), close: () => close(parts) }
}

/** What the routes take from the settings. */
function settled(settings: Settings, clock: Clock) {
  return {
    version: build.version,
    limits: settings.limits,
    ...settings.limits,
    slowRequestMs: settings.log.slowRequestMs,
    nowMs: () => clock.monotonicMs(),
    now: () => clock.now(),
    requireAuth: settings.requireAuth,
    openMetrics: settings.auth.openMetrics,
    adminApart: settings.admin.port > 0,
    trustedProxies: settings.trustedProxies,
    corsOrigins: settings.corsOrigins,
    ...settings.pages,
    defaultModel: settings.defaultModel
  }
}

function pipelineFor(
  settings: Settings,
  manager: LifecycleManager,
  clock: Clock,
  observers: readonly InferenceObserver[]
): Pipeline {
  return makePipeline({
    resolve: target => resolve(manager, target),
    demand: target => demanded(manager, target),
    permits: new Permits(settings.limits),
    observer: {
      decoded(event) {
        for (const observer of observers) observer.decoded?.(event)
      },
      finished(report) {
        for (const observer of observers) observer.finished(report)
      }
    },
    clock
  })
}

function driftServices({ service }: Drift, manager: LifecycleManager) {
  return {
    drift: (target: Target) => service.view(find(manager, target).version),
    driftProfile: (target: Target) => service.profile(find(manager, target).version),
    observed: (version: ModelVersion) => observedFeatures(service.profile(version))
  }
}

interface Parts extends Edge {
  /** The door for administration and metrics, where that is apart. */
  readonly admin: Server | undefined
  readonly codec: TaskThread
  readonly engine: Engine
  readonly settings: Settings
  readonly logger: Logger
  readonly clock: Clock
  readonly state: StateDirectory
  readonly source: RepositorySource<Cause>
  /** What the first look found. */
  readonly scan: Scan
  readonly manager: LifecycleManager
  readonly audit: AuditTrail
  readonly drift: Drift
  readonly http: FastifyInstance
  readonly predictions: PredictionLog | undefined
  readonly lifetime: { settled: boolean; draining: boolean }
}

async function start(parts: Parts): Promise<void> {
  const { settings, logger, state, source, scan, manager, http, lifetime } = parts
  announce({ settings, stateProblem: state.problem, scan, isOpen: parts.access === undefined }, logger)
  logger.info(`Server listening at ${await http.listen({ host: settings.host, port: settings.port })}`)
  parts.access?.start()
  const { admin } = parts
  if (admin !== undefined)
    logger.info(`Administration listening at ${await listening(admin, settings.admin)}`)
  // With certificates both are TLS servers.
  const servers = [http.server, ...(admin === undefined ? [] : [admin])]
  parts.certificates?.follow(servers as unknown as Parameters<Certificates['follow']>[0])
  parts.drift.onScan(scan)
  await manager.reconcile(scan)
  // What was still being copied has a moment to settle.
  if (scan.pending.length > 0) await manager.reconcile(await source.look('start'))
  await parts.drift.start()
  lifetime.settled = true
  if (settings.repository.control === 'poll') source.start()
  const failed = manager.versionStates().filter(({ state }) => state === 'failed').length
  logger.info({ models: manager.servedModels().length, failedVersions: failed }, 'first scan settled')
}

function close(parts: Parts): Promise<boolean> {
  const { codec, engine, settings, logger, clock, source, manager, audit, http, lifetime } = parts
  lifetime.draining = true
  const { readinessDelayMs, deadlineMs } = settings.shutdown
  logger.info({ readinessDelayMs, deadlineMs }, 'shutting down')
  const orderly = async (): Promise<void> => {
    await sleep(clock, readinessDelayMs)
    source.stop()
    await http.close()
    parts.access?.stop()
    parts.certificates?.stop()
    await parts.drift.close()
    await manager.stop()
    await parts.predictions?.close()
    await engine.close()
    await codec.close()
    await audit.flush()
    await parts.telemetry?.close()
  }
  return settlesWithin(clock, deadlineMs, orderly())
}
