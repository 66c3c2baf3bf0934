// Joins drift monitoring to what is served: where baselines lie on disk, when versions come and go, where changes are told.
import { randomBytes, randomUUID } from 'node:crypto'
import { TaskThread } from './backend/task-thread.ts'
import type { Clock } from './base/clock.ts'
import { seededRandom } from './base/random.ts'
import { build } from './build.ts'
import type { Settings } from './config/schema.ts'
import { readWebhookKey } from './config/secret-file.ts'
import type { StateDirectory } from './config/state-directory.ts'
import type { LifecycleListener } from './lifecycle/events.ts'
import type { ModelVersion } from './lifecycle/model-version.ts'
import type { Profile } from './monitoring/drift/profile.ts'
import { DriftService } from './monitoring/drift/service.ts'
import { DriftWebhook } from './monitoring/drift/webhook.ts'
import type { Metrics } from './monitoring/metrics.ts'
import { readInside, referenceFile } from './repository/layout.ts'
import type { Scan, ScannedVersion } from './repository/scan.ts'

export interface DriftOptions {
  readonly settings: Settings
  readonly clock: Clock
  readonly state: StateDirectory
  readonly log: {
    info(facts: object, message: string): void
    warn(facts: object, message: string): void
  }
  /** Every version that requests reach right now. */
  readonly served: () => readonly ModelVersion[]
  readonly metrics: Metrics
}

export interface Drift {
  readonly service: DriftService
  readonly listener: LifecycleListener
  /** Takes note of the baselines that a look found. */
  onScan(scan: Scan): void
  /** Begins to evaluate; settles once everything that is served now has its baseline. */
  start(): Promise<void>
  /** Saves what was counted. */
  close(): Promise<void>
}

export function makeDrift(options: DriftOptions): Drift {
  const { settings, clock, state, log } = options
  const webhook = webhookOf(options)
  const { drift } = settings
  const thread = new TaskThread(new URL('./monitoring/drift/tasks.js', import.meta.url))
  const references = new References(drift.referenceBytesMax)
  const service = new DriftService({
    ...drift,
    enabled: drift.monitoring === 'on',
    learn: drift.learning === 'on',
    store: state,
    reference: version => references.of(version),
    async makeProfile(input) {
      try {
        return (await thread.run('makeProfile', input, [])) as Profile
      } finally {
        // Baselines are learned once in a while; a thread that waits for the next one would cost its memory.
        await thread.close()
      }
    },
    clock,
    random: seeded(),
    tool: `kedge ${build.version}`,
    log,
    onChange(change) {
      const isAlarm = change.to === 'warning' || change.to === 'critical'
      const { atMs: _, ...facts } = change
      log[isAlarm ? 'warn' : 'info'](facts, 'drift changed state')
      webhook?.send(change)
    },
    nextTurn: () => new Promise(resolve => void setImmediate(resolve))
  })
  let queued = false
  let closed = false
  /** Once for everything that changes in one turn. */
  function sync(): void {
    if (queued) return
    queued = true
    setImmediate(() => {
      queued = false
      // What drains at the end was saved already.
      if (!closed) void service.sync(options.served())
    })
  }
  return {
    service,
    listener(event) {
      if (event.type === 'state' && (event.to === 'ready' || event.from === 'ready')) sync()
    },
    onScan(scan) {
      references.scan = scan
      sync()
    },
    start() {
      service.start()
      return service.sync(options.served())
    },
    async close() {
      closed = true
      await service.stop()
      await webhook?.close()
      await thread.close()
    }
  }
}

/** The reference.json of each version, as the last look found it. */
class References {
  readonly #bytesMax: number
  #versions = new Map<string, ScannedVersion>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  set scan({ models }: Scan) {
    this.#versions = new Map(
      models.flatMap(({ name, versions }) =>
        versions.map(version => [keyOf(name, version.version), version] as const)
      )
    )
  }

  of({ model, version }: ModelVersion): { readonly print: string; readonly read: () => Promise<string> } {
    const scanned = this.#versions.get(keyOf(model, version))
    if (scanned === undefined) return { print: '', read: () => Promise.resolve('') }
    const { root, folder, prints } = scanned
    const read = async (): Promise<string> =>
      (await readInside(root, this.#bytesMax, folder, referenceFile)) ?? ''
    return { print: prints.reference, read }
  }
}

/** Throws ConfigError where its secret cannot be read. */
function webhookOf({ settings, clock, log, metrics }: DriftOptions): DriftWebhook | undefined {
  const { url, secretFile, ...limits } = settings.driftWebhook
  if (url === undefined) return undefined
  const key = secretFile === undefined ? undefined : readWebhookKey('driftWebhook.secretFile', secretFile)
  const tools = { fetch, random: Math.random, newId: randomUUID, clock, log, metrics }
  return new DriftWebhook({ url, key, ...limits, ...tools })
}

const keyOf = (model: string, version: number): string => `${model}/${version}`

/** Which rows are sampled is nobody's to foresee, and needs no better source than this. */
function seeded(): () => number {
  return seededRandom(randomBytes(4).readInt32LE())
}
