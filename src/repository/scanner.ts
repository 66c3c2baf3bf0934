// Looks at the repositories, again and again at little cost: see disk-view.ts. Decides nothing, loads nothing, never fails because of one
// bad folder, and keeps what it found in a repository that cannot be read for a while.
import { realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Clock, systemClock } from '../base/clock.ts'
import { describe, listNames } from '../base/describe.ts'
import { DiskView, type FolderEntry } from './disk-view.ts'
import { isModelName, modelFile, systemCode, versionFromName } from './layout.ts'
import { RepositoryError, type Scan, type ScannedModel, type ScanOptions } from './scan.ts'
import {
  folderNames,
  type Ground,
  Manifests,
  type ModelFindings,
  scanModel,
  scanSingleFile
} from './scan-model.ts'

/** What one repository held when it could last be read. */
interface Findings {
  readonly view: DiskView
  readonly models: readonly ScannedModel[]
  readonly warnings: readonly string[]
  /** By the model's folder. */
  readonly folders: ReadonlyMap<string, ModelFindings>
}

const nameRule =
  "a model's name is 1 to 128 letters, digits, '.', '_' and '-', begins with a letter or digit, and is not 'stats'"

/** Calls of so many models are under way together: enough to be cheap, few enough for the rest of the server to have its turn. */
const modelsAtOnce = 32

export class Scanner {
  readonly #options: ScanOptions
  readonly #clock: Clock
  readonly #manifests = new Manifests()
  readonly #found = new Map<string, Findings>()

  constructor(options: ScanOptions, clock: Clock = systemClock) {
    this.#options = options
    this.#clock = clock
  }

  /** Throws RepositoryError when none of the repositories could ever be read. One look at a time. */
  async scan(): Promise<Scan> {
    const { modelName, modelsMax, repositories } = this.#options
    if (modelName !== undefined && !isModelName(modelName))
      throw new RepositoryError(`${describe(modelName)} cannot be a model's name: ${nameRule}`)
    const warnings: string[] = []
    const models = new Map<string, ScannedModel>()
    for (const repository of repositories) {
      const problem = await this.#lookAt(repository)
      const found = this.#found.get(repository)
      warnings.push(...(found?.warnings ?? []))
      if (problem !== undefined)
        warnings.push(found === undefined ? problem : `${problem}; what it held before stays as it was`)
      for (const model of found?.models ?? [])
        models.set(model.name, models.has(model.name) ? twice(model, repositories) : model)
    }
    if (this.#found.size === 0) throw new RepositoryError(warnings.join('; '))
    const sorted = [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    if (sorted.length > modelsMax)
      warnings.push(`${sorted.length} models found, only the first ${modelsMax} are looked at`)
    return { models: sorted.slice(0, modelsMax), warnings, pending: [] }
  }

  /** Finds out what a repository holds now, or says why it cannot be read. */
  async #lookAt(repository: string): Promise<string | undefined> {
    const before = this.#found.get(repository)
    let view = before?.view
    try {
      // The first call is alone: a file server that hangs holds up one thread of the pool, not all of them.
      const root = await realpath(repository)
      if (view?.root !== root) view = new DiskView(root, this.#clock)
      await view.begin()
      const ground = { view, bounds: this.#options, manifests: this.#manifests }
      const { models, warnings, folders } = await scanRoot(
        ground,
        view === before?.view ? before.folders : new Map()
      )
      this.#found.set(repository, { view, models, warnings: [...warnings, ...view.troubles], folders })
      return undefined
    } catch (error) {
      if (view === before?.view) view?.abandon()
      return `repository ${repository} cannot be read (${systemCode(error)})`
    }
  }
}

/** One name in two repositories: serving either would be a guess. */
function twice(model: ScannedModel, repositories: readonly string[]): ScannedModel {
  const problems = [
    `model ${model.name} is in more than one of the repositories ${repositories.join(', ')}; keep one`
  ]
  const versions = model.versions.map(version => ({ ...version, manifest: undefined, problems }))
  return { ...model, manifest: undefined, problems, versions }
}

async function scanRoot(
  ground: Ground,
  before: ReadonlyMap<string, ModelFindings>
): Promise<Omit<Findings, 'view'>> {
  const { view } = ground
  const entries = await view.list('')
  const names = await folderNames(view, '', entries)
  const warnings: string[] = []
  const single = await singleModel(ground, entries, names, warnings)
  if (single !== undefined)
    return { models: [single.model], warnings: [...warnings, ...single.warnings], folders: new Map() }
  const folders = new Map<string, ModelFindings>()
  const look = async (name: string): Promise<ModelFindings | undefined> => {
    if (!isModelName(name)) return undefined
    const known = before.get(name)
    return known !== undefined && view.isUnchanged(name) ? known : scanModel(ground, name, name)
  }
  for (let start = 0; start < names.length; start += modelsAtOnce) {
    const portion = names.slice(start, start + modelsAtOnce)
    // What is known already takes no call at all, and would never give way to anything else.
    await new Promise(resolve => setImmediate(resolve))
    const findings = await Promise.all(portion.map(look))
    for (const [index, found] of findings.entries()) {
      const name = portion[index]!
      if (found === undefined) warnings.push(`folder ${describe(name)} is ignored: ${nameRule}`)
      else folders.set(name, found)
      warnings.push(...(found?.warnings ?? []))
    }
  }
  return { models: [...folders.values()].map(({ model }) => model), warnings, folders }
}

/** The layouts that KServe mounts: one .onnx file, or version folders, directly in the root. */
async function singleModel(
  ground: Ground,
  entries: readonly FolderEntry[],
  folders: readonly string[],
  warnings: string[]
): Promise<ModelFindings | undefined> {
  const { view, bounds } = ground
  const isFolder = new Set(folders)
  const files = entries.map(({ name }) => name).filter(name => name.endsWith('.onnx') && !isFolder.has(name))
  if (files.length > 1)
    warnings.push(`${listNames(files)} are ignored: a repository of one model holds a single .onnx file`)
  const [file] = files
  if (files.length !== 1 && !(await holdsVersion(view, '', folders))) return undefined
  const folderName = basename(view.root)
  const name = bounds.modelName ?? (isModelName(folderName) ? folderName : 'model')
  if (file === undefined || files.length !== 1) return scanModel(ground, '', name)
  for (const folder of folders) {
    if (await holdsModel(view, folder))
      warnings.push(`folder ${describe(folder)} is ignored: '${file}' beside it is the only model`)
  }
  return { model: await scanSingleFile(ground, name, file, entries), warnings: [] }
}

/** Whether one of `folders` in `folder` is a version with a model. */
async function holdsVersion(view: DiskView, folder: string, folders: readonly string[]): Promise<boolean> {
  for (const name of folders) {
    if (versionFromName(name) !== undefined && (await holdsFile(view, join(folder, name)))) return true
  }
  return false
}

/** Whether a folder is a version, or a model with versions. */
async function holdsModel(view: DiskView, folder: string): Promise<boolean> {
  if (await holdsFile(view, folder)) return true
  const entries = await view.list(folder).catch(() => [])
  for (const name of await folderNames(view, folder, entries))
    if (await holdsFile(view, join(folder, name))) return true
  return false
}

function holdsFile(view: DiskView, folder: string): Promise<boolean> {
  return view.facts(join(folder, modelFile)).then(
    facts => facts !== undefined,
    () => false
  )
}
