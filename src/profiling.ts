// A drift reference from a data file: the composition root of `kedge profile`. The version is loaded as serving would load it, and the rows
// take the very way that requests take, so that what is profiled is what is monitored.
import { basename, extname, join } from 'node:path'
import { systemClock } from './base/clock.ts'
import { describe, listNames } from './base/describe.ts'
import { suggestion } from './base/nearest-name.ts'
import { seededRandom } from './base/random.ts'
import { build } from './build.ts'
import type { Settings } from './config/schema.ts'
import { makeEngine } from './engine.ts'
import { messageOf, type Problem } from './errors/serving-error.ts'
import type { ModelVersion } from './lifecycle/model-version.ts'
import { makeProfile } from './monitoring/drift/make-profile.ts'
import { type MonitorPlan, planOf } from './monitoring/drift/plan.ts'
import type { Profile, ProfileSource } from './monitoring/drift/profile.ts'
import { profileId } from './monitoring/drift/profile-file.ts'
import { Reservoir } from './monitoring/drift/reservoir.ts'
import { Sources } from './monitoring/drift/sources.ts'
import { modelDigest } from './monitoring/drift/subject.ts'
import { forgetful } from './offline.ts'
import { referenceFile } from './repository/layout.ts'
import type { ScannedModel, ScannedVersion } from './repository/scan.ts'
import { Scanner } from './repository/scanner.ts'
import { assembleRows } from './schema/assemble.ts'
import type { Feature } from './schema/features.ts'
import { typedRow } from './schema/typed-row.ts'
import { openTable } from './tabular/open-table.ts'
import type { Row } from './tabular/table.ts'

export interface ProfileRequest {
  readonly model: string
  /** The highest one where absent. */
  readonly version: number | undefined
  readonly data: string
  /** Rows that the profile is made from; of more, a fair sample. */
  readonly rowsMax: number
  readonly seed: number
  /** Told how much of the file was read, from 0 to 1, and how many rows came. */
  readonly onProgress: (share: number, rows: number) => void
}

export interface MadeProfile {
  readonly profile: Profile
  readonly id: string
  /** Where it belongs. */
  readonly path: string
}

/** The data, or what was asked for, cannot be profiled; the message says what to change. */
class ProfilingError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProfilingError'
  }
}

/** Far below what makes a run slow to answer, and enough to be fast. */
const rowsPerRunMax = 256
const lineBytesMax = 64 * 2 ** 20
const problemsShown = 3

/** Throws ProfilingError, RepositoryError, LoadFailure and TableError, each with a message for people. */
export async function profileData(settings: Settings, request: ProfileRequest): Promise<MadeProfile> {
  const { models: repositories, modelName, repository } = settings
  const scan = await new Scanner({ repositories, modelName, ...repository }).scan()
  const scanned = chosen(scan.models, request)
  const engine = await makeEngine(settings, {
    clock: systemClock,
    store: forgetful,
    log: { warn: () => {} },
    makeRoom: () => Promise.resolve(false)
  })
  try {
    const version = await engine.load(request.model, scanned, () => {})
    try {
      const profile = await profileVersion(version, settings.drift.monitorsMax, request)
      return { profile, id: profileId(profile), path: join(scanned.root, scanned.folder, referenceFile) }
    } finally {
      await version.close()
    }
  } finally {
    await engine.close()
  }
}

function chosen(models: readonly ScannedModel[], { model: name, version }: ProfileRequest): ScannedVersion {
  const names = models.map(({ name }) => name)
  const model = models.find(({ name: own }) => own === name)
  if (model === undefined) {
    const hint = suggestion(name, names)
    const there = names.length === 0 ? 'the repository has none' : `there are ${listNames(names)}`
    throw new ProfilingError(`no model ${describe(name)}: ${there}${hint === '' ? '' : `; ${hint}`}`)
  }
  const found =
    version === undefined ? model.versions[0] : model.versions.find(({ version: own }) => own === version)
  if (found !== undefined) return found
  const numbers = model.versions.map(({ version }) => String(version))
  throw new ProfilingError(
    `model ${name} has no version ${version ?? ''}: ${numbers.length === 0 ? 'it has none' : `there is ${listNames(numbers)}`}`
  )
}

async function profileVersion(
  version: ModelVersion,
  monitorsMax: number,
  request: ProfileRequest
): Promise<Profile> {
  const { monitors: plans } = planOf(version, monitorsMax)
  const random = seededRandom(request.seed)
  const sources = new Sources(plans, { seed: request.seed })
  const sample = (role: MonitorPlan['role']): Reservoir => {
    const places = plans.flatMap((plan, index) => (plan.role === role ? [index] : []))
    return new Reservoir(plans, places, request.rowsMax, random)
  }
  const samples = { inputs: sample('input'), outputs: sample('output') }
  const rowsPerRun =
    version.unbatched === undefined ? Math.min(rowsPerRunMax, version.manifest.batching.rowsMax) : 1
  const name = basename(request.data)
  const onProgress = (share: number): void => request.onProgress(share, samples.inputs.seen)
  const table = openTable(request.data, name, { lineBytesMax, onProgress })
  for await (const chunk of table.chunks()) {
    if (samples.inputs.seen === 0) checkColumns(version.features, chunk[0], name)
    for (let at = 0; at < chunk.length; at += rowsPerRun)
      await takeRows(version, chunk.slice(at, at + rowsPerRun), samples, sources, name)
  }
  const { seen, rows } = samples.inputs
  if (seen === 0) throw new ProfilingError(`${name}: expected rows, got none`)
  return makeProfile(plans, new Map([...samples.inputs.columns(), ...samples.outputs.columns()]), {
    model: version.model,
    modelVersion: version.version,
    modelSha256: modelDigest(version),
    createdAt: new Date(systemClock.now()).toISOString(),
    tool: `kedge ${build.version}`,
    source: { kind: sourceKind(request.data), name, rows: seen, sampledRows: rows },
    seed: request.seed
  })
}

/** A feature without a column would be profiled as always missing, which is seldom what is meant. */
function checkColumns(features: readonly Feature[], row: Row | undefined, name: string): void {
  if (row === undefined) return
  const columns = Object.keys(row)
  const absent = features.filter(
    feature => !columns.includes(feature.name) && feature.rules.default === undefined
  )
  if (absent.length === 0) return
  const hints = absent.map(feature => suggestion(feature.name, columns)).filter(hint => hint !== '')
  throw new ProfilingError(
    `${name}: expected a column for each feature, got none for ${listNames(absent.map(feature => feature.name))} (columns: ${listNames(columns)})${hints.length === 0 ? '' : `; ${hints[0]}`}`
  )
}

interface Samples {
  readonly inputs: Reservoir
  readonly outputs: Reservoir
}

/** Rows → inputs → outputs → sample. */
async function takeRows(
  version: ModelVersion,
  rows: readonly Row[],
  samples: Samples,
  sources: Sources,
  name: string
): Promise<void> {
  const { signature, features } = version
  const before = samples.inputs.seen
  const typed = rows.map(row => typedRow(row, features))
  const tensors = assembleRows(signature, features, typed, (row, feature) =>
    feature === undefined ? `row [${row}]` : `row [${row}].${feature}`
  )
  if ('problems' in tensors) throw badRows(tensors.problems, before, name)
  const all = { first: 0, stride: 1, count: rows.length }
  // Copied: the run may move the memory away.
  const inputs = tensors.map(tensor => ({ ...tensor, data: tensor.data.slice() }))
  const request = { inputs: tensors, parameters: {} }
  const terms = { deadlineMs: Number.POSITIVE_INFINITY, cancellation: { cancelled: false } }
  try {
    const { outputs } = await version.run(request, terms)
    samples.inputs.offer(sources, inputs, all)
    samples.outputs.offer(sources, outputs, all)
  } catch (error) {
    throw new ProfilingError(
      `${name}: the model failed on rows ${before + 1} to ${before + rows.length}: ${messageOf(error)}`,
      { cause: error }
    )
  }
}

/** Rows count from 1, the line with the names of the columns apart. */
function badRows(problems: readonly Problem[], before: number, name: string): ProfilingError {
  const lines = problems.slice(0, problemsShown).map(({ path, problem, expected, got }) => {
    const place = path.replace(/\[(\d+)\]\.?/, (_, index: string) => `${before + Number(index) + 1}, `)
    const facts = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ')
    return `${place}: ${problem}${facts === '' ? '' : ` (${facts})`}`
  })
  const hint = problems.some(({ problem }) => problem === 'the feature is missing')
    ? '; a feature whose values may be missing is declared with nullable: true'
    : ''
  return new ProfilingError(`${name}: ${lines.join('; ')}${hint}`)
}

function sourceKind(path: string): ProfileSource['kind'] {
  const ending = extname(path).toLowerCase()
  return ending === '.csv' ? 'csv' : ending === '.parquet' ? 'parquet' : 'jsonl'
}
