// Every setting of the server, with its unit in its name, its bounds and its default. Flags, environment variables, the
// help text, docs/configuration.md and the tests of limits are all derived from this one schema.
import { z } from 'zod'
import { adminSettings, authSettings, pageSettings, tlsSettings } from './auth-settings.ts'
import { driftSettings } from './drift-settings.ts'
import {
  byteSize,
  choice,
  decimal,
  integer,
  type LeafMeta,
  list,
  optionalText,
  text,
  toggle
} from './leaf.ts'
import { driftWebhookSettings, otelSettings, predictionLogSettings } from './monitoring-settings.ts'

const KiB = 2 ** 10
const MiB = 2 ** 20
const GiB = 2 ** 30

export const settingsSchema = z.strictObject({
  models: list(['./models'], 'model repositories: folders that hold one folder a model'),
  host: text('127.0.0.1', 'address to listen on; 0.0.0.0 for every IPv4 interface'),
  port: integer(8080, 0, 65_535, 'port to listen on; 0 for any free one'),
  modelName: optionalText('name of the model where a repository is a single model, as KServe mounts it'),
  defaultModel: optionalText('model that /invocations asks where there are several'),
  stateDir: text(
    './.kedge',
    'folder for what outlives a restart; without it the server works and remembers nothing'
  ),
  auth: authSettings,
  tls: tlsSettings,
  admin: adminSettings,
  trustedProxies: list([], 'addresses or networks of proxies whose x-forwarded-for is believed', 'network'),
  corsOrigins: list([], 'origins whose web pages may call, such as https://app.example; * for any', 'origin'),
  pages: pageSettings,
  requireAuth: toggle('refuse every call without a key, predictions and reading included'),
  log: z
    .strictObject({
      level: choice(
        ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
        'info',
        'least severe level that is logged'
      ),
      slowRequestMs: integer(1000, 1, 3_600_000, 'a request that takes longer is logged as slow')
    })
    .prefault({}),
  limits: z
    .strictObject({
      jsonBytesMax: byteSize(16 * MiB, KiB, GiB, 'largest JSON body of a request'),
      bodyBytesMax: byteSize(64 * MiB, KiB, 4 * GiB, 'largest body with binary tensors'),
      bodyBytesInFlightMax: byteSize(
        512 * MiB,
        MiB,
        1024 * GiB,
        'bodies of all predictions in progress together; more are answered with 429'
      ),
      jsonOffloadBytes: byteSize(
        256 * KiB,
        KiB,
        GiB,
        'larger JSON is read and written on a thread of its own'
      ),
      compressBytesMin: byteSize(
        4 * KiB,
        0,
        GiB,
        'smallest answer that is compressed for callers that accept it'
      ),
      requestsInFlightMax: integer(
        4096,
        1,
        1_000_000,
        'predictions in progress at once; more are answered with 429'
      ),
      tensorsPerRequestMax: integer(1024, 1, 65_536, 'input tensors in one request'),
      requestTimeoutMs: integer(60_000, 1000, 3_600_000, 'time for a whole request to arrive'),
      headerBytesMax: byteSize(16 * KiB, 4 * KiB, MiB, 'all headers of a request together')
    })
    .prefault({}),
  repository: z
    .strictObject({
      modelsMax: integer(10_000, 1, 1_000_000, 'models in all repositories together'),
      versionsPerModelMax: integer(1000, 1, 100_000, 'version folders of one model'),
      manifestBytesMax: byteSize(MiB, KiB, 16 * MiB, 'largest model.yaml'),
      control: choice(
        ['poll', 'explicit', 'none'],
        'poll',
        'how versions come and go: by looking again and again, at the word of callers, or not at all'
      ),
      controlApi: toggle('let callers load and unload (POST …/load, …/unload)'),
      loadModels: list([], 'models that are loaded at the start under explicit control; * for all'),
      pollMs: integer(5000, 100, 86_400_000, 'time between two looks at the repositories'),
      stableMs: integer(
        2000,
        0,
        3_600_000,
        'files have to stay as they are for so long before they are loaded'
      ),
      digestFileBytesMax: byteSize(MiB, KiB, 16 * MiB, 'largest SHA256SUMS')
    })
    .prefault({}),
  lifecycle: z
    .strictObject({
      loadsAtOnceMax: integer(2, 1, 64, 'versions that load at the same time'),
      instancesMax: integer(256, 1, 4096, 'model instances of all versions together'),
      warmupRequestsMax: integer(64, 1, 10_000, 'warm-up requests replayed for one version'),
      warmupBytesMax: byteSize(16 * MiB, KiB, GiB, 'largest warm-up file'),
      loadMaxMs: integer(120_000, 100, 86_400_000, 'time for one version to become ready'),
      probe: choice(
        ['auto', 'always', 'never'],
        'auto',
        'try a version in a process of its own first: unless it is known to be good, always, never'
      ),
      memoryBytesMax: byteSize(
        0,
        0,
        1024 * GiB,
        'memory for all models together; 0 for what the container or the machine has'
      ),
      gateFilesMax: integer(64, 1, 10_000, 'gate files of one version'),
      gateBytesMax: byteSize(64 * MiB, KiB, 4 * GiB, 'largest gate file or data file of a gate'),
      gateRowsMax: integer(
        1000,
        1,
        10_000_000,
        'rows of a scored set that are run at load; kedge check runs them all'
      )
    })
    .prefault({}),
  engine: z
    .strictObject({
      inlineRunMaxMs: decimal(0.15, 0.001, 100, 'longest warm run of one row on the HTTP thread'),
      inlineTurnMaxMs: decimal(
        1,
        0.01,
        1000,
        'time in one turn of the event loop for all models that run on the HTTP thread'
      ),
      runMaxMs: integer(60_000, 10, 86_400_000, 'a run that takes longer has its instance stuck'),
      stuckLiveMaxMs: integer(
        60_000,
        0,
        86_400_000,
        'time that an instance may be stuck before the server says that it is not live'
      )
    })
    .prefault({}),
  audit: z
    .strictObject({
      fileBytesMax: byteSize(16 * MiB, KiB, GiB, 'the audit log begins a new file at this size'),
      filesMax: integer(4, 1, 1000, 'files of the audit log that are kept, the current one included')
    })
    .prefault({}),
  predictionLog: predictionLogSettings,
  driftWebhook: driftWebhookSettings,
  otel: otelSettings,
  readiness: z
    .strictObject({
      require: list([], 'models that have to be ready before the server is')
    })
    .prefault({}),
  drift: driftSettings,
  shutdown: z
    .strictObject({
      readinessDelayMs: integer(
        0,
        0,
        600_000,
        'time between turning unready and refusing connections; about 5000 in Kubernetes'
      ),
      deadlineMs: integer(
        30_000,
        100,
        3_600_000,
        'time for an orderly end; past it the process kills itself (status 137)'
      )
    })
    .prefault({})
})

export type Settings = z.output<typeof settingsSchema>

/** A setting as it is reached from outside. */
export interface Leaf extends LeafMeta {
  /** `['limits', 'jsonBytesMax']`. */
  readonly path: readonly string[]
  /** `limits-json-bytes-max`. */
  readonly flag: string
  /** `KEDGE_LIMITS_JSON_BYTES_MAX`. */
  readonly env: string
  /** The default as a person would type it, or undefined where there is none. */
  readonly standard: unknown
}

interface JsonSchemaNode {
  readonly properties?: Readonly<Record<string, JsonSchemaNode & Partial<LeafMeta>>>
  readonly default?: unknown
}

function leavesOf(node: JsonSchemaNode, path: readonly string[]): Leaf[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const here = [...path, name]
    if (child.properties !== undefined) return leavesOf(child, here)
    const flag = here.join('-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    const env = `KEDGE_${flag.replaceAll('-', '_').toUpperCase()}`
    const { kind = 'text', description = '', min, max, choices, entries } = child
    const bounds = {
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(choices && { choices }),
      ...(entries && { entries })
    }
    return [{ path: here, flag, env, kind, description, standard: child.default, ...bounds }]
  })
}

/** Every setting, in the order of the schema. */
export const settingLeaves: readonly Leaf[] = leavesOf(
  z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchemaNode,
  []
)
