// One look at the repositories: every model and version that is there, with its manifest or what is wrong with it. Decides
// nothing, loads nothing, and never fails because of one bad folder.
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, listNames, shorten } from '../base/describe.ts'
import { messageOf } from '../errors/serving-error.ts'
import { type Prints, unseen } from './fingerprint.ts'
import {
  isModelName,
  manifestFile,
  modelFile,
  readInside,
  resolveInside,
  systemCode,
  versionFromName
} from './layout.ts'
import {
  emptySource,
  type Manifest,
  type ManifestSource,
  modelManifest,
  parseManifest,
  versionManifest
} from './manifest.ts'

/** A version folder. Without problems it has a manifest and a model file. */
export interface ScannedVersion {
  readonly version: number
  /** The real path of the repository: nothing outside of it may be read. */
  readonly root: string
  /** The folder, relative to the root. */
  readonly folder: string
  /** The model's file, relative to the root. */
  readonly file: string
  readonly manifest: Manifest | undefined
  readonly problems: readonly string[]
  readonly prints: Prints
}

export interface ScannedModel {
  readonly name: string
  /** The model's own manifest; undefined when it is broken, which breaks every version too. */
  readonly manifest: Manifest | undefined
  readonly problems: readonly string[]
  readonly versions: readonly ScannedVersion[]
}

export interface Scan {
  readonly models: readonly ScannedModel[]
  /** Things in the repositories that are neither models nor hidden: one line each. */
  readonly warnings: readonly string[]
}

export interface ScanOptions {
  readonly repositories: readonly string[]
  readonly modelName?: string | undefined
  readonly modelsMax: number
  readonly versionsPerModelMax: number
  readonly manifestBytesMax: number
}

const nameRule =
  "a model's name is 1 to 128 letters, digits, '.', '_' and '-', begins with a letter or digit, and is not 'stats'"

/** No repository can be read at all: there is nothing to serve and nothing to wait for. */
export class RepositoryError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RepositoryError'
  }
}

/** Throws RepositoryError when none of the repositories can be read. */
export async function scanRepositories(options: ScanOptions): Promise<Scan> {
  const { modelName } = options
  if (modelName !== undefined && !isModelName(modelName))
    throw new RepositoryError(`${describe(modelName)} cannot be a model's name: ${nameRule}`)
  const warnings: string[] = []
  const models = new Map<string, ScannedModel>()
  let readable = 0
  for (const repository of options.repositories) {
    try {
      const root = await realpath(repository)
      for (const model of await scanRoot(root, options, warnings)) {
        models.set(model.name, models.has(model.name) ? twice(model, options.repositories) : model)
      }
      readable++
    } catch (error) {
      warnings.push(`repository ${repository} cannot be read (${systemCode(error)})`)
    }
  }
  if (readable === 0) throw new RepositoryError(warnings.join('; '))
  const sorted = [...models.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  if (sorted.length > options.modelsMax)
    warnings.push(`${sorted.length} models found, only the first ${options.modelsMax} are looked at`)
  return { models: sorted.slice(0, options.modelsMax), warnings }
}

/** One name in two repositories: serving either would be a guess. */
function twice(model: ScannedModel, repositories: readonly string[]): ScannedModel {
  const problems = [
    `model ${model.name} is in more than one of the repositories ${repositories.join(', ')}; keep one`
  ]
  const versions = model.versions.map(version => ({ ...version, manifest: undefined, problems }))
  return { ...model, manifest: undefined, problems, versions }
}

async function scanRoot(root: string, options: ScanOptions, warnings: string[]): Promise<ScannedModel[]> {
  const single = await singleModel(root, options, warnings)
  if (single !== undefined) return [single]
  const models: ScannedModel[] = []
  for (const name of await folderNames(root, '')) {
    if (isModelName(name)) models.push(await scanModel(root, name, name, options, warnings))
    else warnings.push(`folder ${describe(name)} is ignored: ${nameRule}`)
  }
  return models
}

/** The layouts that KServe mounts: one .onnx file, or version folders, directly in the root. */
async function singleModel(
  root: string,
  options: ScanOptions,
  warnings: string[]
): Promise<ScannedModel | undefined> {
  const entries = (await readdir(root)).sort()
  const folders = new Set(await folderNames(root, ''))
  const files = entries.filter(name => name.endsWith('.onnx') && !name.startsWith('.') && !folders.has(name))
  const versions = await versionFolders(root, entries)
  if (files.length > 1)
    warnings.push(`${listNames(files)} are ignored: a repository of one model holds a single .onnx file`)
  if (files.length !== 1 && versions.length === 0) return undefined
  const folderName = basename(root)
  const name = options.modelName ?? (isModelName(folderName) ? folderName : 'model')
  if (files.length !== 1) return scanModel(root, '', name, options, warnings)
  for (const folder of folders) {
    if (await holdsModel(root, folder))
      warnings.push(`folder ${describe(folder)} is ignored: '${files[0]}' beside it is the only model`)
  }
  const source = await readSource(root, options, manifestFile)
  const { manifest, problems } = modelManifest(source)
  const { real, problem } = await findFile(root, files[0]!)
  const found = real === undefined ? [...problems, problem] : problems
  const only: ScannedVersion = {
    version: 1,
    root,
    folder: '',
    file: files[0]!,
    manifest,
    problems: found,
    prints: unseen
  }
  return { name, manifest, problems, versions: [only] }
}

async function versionFolders(root: string, entries: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const entry of entries) {
    if (versionFromName(entry) === undefined) continue
    if (await hasModelFile(root, entry)) found.push(entry)
  }
  return found
}

/** Whether a folder is a version, or a model with versions. */
async function holdsModel(root: string, folder: string): Promise<boolean> {
  if (await hasModelFile(root, folder)) return true
  const names = await folderNames(root, folder).catch(() => [])
  for (const name of names) if (await hasModelFile(root, join(folder, name))) return true
  return false
}

async function hasModelFile(root: string, folder: string): Promise<boolean> {
  return resolveInside(root, folder, modelFile).then(
    real => real !== undefined,
    () => false
  )
}

async function scanModel(
  root: string,
  folder: string,
  name: string,
  options: ScanOptions,
  warnings: string[]
): Promise<ScannedModel> {
  const source = await readSource(root, options, folder, manifestFile)
  const own = modelManifest(source)
  const problems = [...own.problems]
  let names: string[] = []
  try {
    names = await folderNames(root, folder)
  } catch (error) {
    problems.push(messageOf(error))
  }
  const versions: ScannedVersion[] = []
  for (const versionName of names) {
    const version = versionFromName(versionName)
    if (version !== undefined)
      versions.push(await scanVersion(root, join(folder, versionName), version, source, options))
    else
      warnings.push(
        `folder ${describe(join(folder, versionName))} is ignored: versions are whole numbers from 1, without leading zeros`
      )
  }
  versions.sort((a, b) => b.version - a.version)
  if (versions.length > options.versionsPerModelMax) {
    warnings.push(
      `model ${name}: ${versions.length} versions found, only the highest ${options.versionsPerModelMax} are looked at`
    )
  }
  if (versions.length === 0 && problems.length === 0)
    problems.push(`model ${name} has no version: expected ${join(folder, '1', modelFile)}`)
  return { name, manifest: own.manifest, problems, versions: versions.slice(0, options.versionsPerModelMax) }
}

async function scanVersion(
  root: string,
  folder: string,
  version: number,
  model: ManifestSource,
  options: ScanOptions
): Promise<ScannedVersion> {
  const own = await readSource(root, options, folder, manifestFile)
  const broken = model.problems.length > 0
  const { manifest, problems } = broken
    ? { manifest: undefined, problems: model.problems }
    : versionManifest(model, own)
  const file = join(folder, modelFile)
  const { real, problem } = await findFile(root, file)
  return {
    version,
    root,
    folder,
    file,
    manifest,
    problems: real === undefined ? [...problems, problem] : problems,
    prints: unseen
  }
}

/** The real path of a model's file, or why there is none. */
async function findFile(root: string, file: string): Promise<{ real?: string; problem: string }> {
  try {
    const real = await resolveInside(root, file)
    if (real === undefined) return { problem: `${file} is missing` }
    return (await stat(real)).isFile() ? { real, problem: '' } : { problem: `${file} is not a file` }
  } catch (error) {
    return { problem: messageOf(error) }
  }
}

async function readSource(
  root: string,
  options: ScanOptions,
  ...path: readonly string[]
): Promise<ManifestSource> {
  const file = join(...path)
  try {
    const text = await readInside(root, options.manifestBytesMax, file)
    return text === undefined ? { ...emptySource, file } : parseManifest(text, file)
  } catch (error) {
    return { file, tree: {}, problems: [messageOf(error)] }
  }
}

/** Folders in `folder`, links to folders included, hidden names and the folders of a version left out. Throws a readable error. */
async function folderNames(root: string, folder: string): Promise<string[]> {
  const real = await resolveInside(root, folder)
  if (real === undefined) return []
  const entries = await readdir(real, { withFileTypes: true }).catch((error: unknown) => {
    throw new Error(
      `folder ${shorten(folder === '' ? root : folder, 256)} cannot be read (${systemCode(error)})`
    )
  })
  const names: string[] = []
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(real, entry.name)))))
      names.push(entry.name)
  }
  return names.sort()
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    facts => facts.isDirectory(),
    () => false
  )
}
