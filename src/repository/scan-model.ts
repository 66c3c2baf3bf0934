// One model's folder → the model with its versions, their manifests and fingerprints, or what is wrong with them. Never fails because of
// one bad file.
import { join } from 'node:path'
import { describe } from '../base/describe.ts'
import { messageOf } from '../errors/serving-error.ts'
import type { DiskView, FolderEntry } from './disk-view.ts'
import { manifestFile, modelFile, readInside, versionFromName } from './layout.ts'
import {
  emptySource,
  type ManifestResult,
  type ManifestSource,
  modelManifest,
  parseManifest,
  versionManifest
} from './manifest.ts'
import type { ScannedModel, ScannedVersion, ScanOptions } from './scan.ts'
import { filesOf } from './version-files.ts'

/** A repository that is looked at. */
export interface Ground {
  readonly view: DiskView
  readonly bounds: ScanOptions
  readonly manifests: Manifests
}

/** Checked manifests, for as long as the files that they come from stay as they are. */
export class Manifests {
  readonly #ofModels = new WeakMap<ManifestSource, ManifestResult>()
  readonly #ofVersions = new WeakMap<ManifestSource, WeakMap<ManifestSource, ManifestResult>>()

  ofModel(source: ManifestSource): ManifestResult {
    const known = this.#ofModels.get(source) ?? modelManifest(source)
    this.#ofModels.set(source, known)
    return known
  }

  ofVersion(model: ManifestSource, own: ManifestSource): ManifestResult {
    const results = this.#ofVersions.get(model) ?? new WeakMap<ManifestSource, ManifestResult>()
    this.#ofVersions.set(model, results)
    const known = results.get(own) ?? versionManifest(model, own)
    results.set(own, known)
    return known
  }
}

/** What a folder holds; undefined when it cannot be listed. */
type Entries = readonly FolderEntry[] | undefined

export interface ModelFindings {
  readonly model: ScannedModel
  readonly warnings: readonly string[]
}

export async function scanModel(ground: Ground, folder: string, name: string): Promise<ModelFindings> {
  const { versionsPerModelMax } = ground.bounds
  const warnings: string[] = []
  const failures: string[] = []
  const entries = await ground.view
    .list(folder)
    .catch((error: unknown) => void failures.push(messageOf(error)))
  const source = await readSource(ground, folder, entries ?? undefined)
  const own = ground.manifests.ofModel(source)
  const problems = [...own.problems, ...failures]
  const versions: ScannedVersion[] = []
  for (const versionName of await folderNames(ground.view, folder, entries ?? [])) {
    const version = versionFromName(versionName)
    if (version !== undefined)
      versions.push(await scanVersion(ground, join(folder, versionName), version, folder, source))
    else
      warnings.push(
        `folder ${describe(join(folder, versionName))} is ignored: versions are whole numbers from 1, without leading zeros`
      )
  }
  versions.sort((a, b) => b.version - a.version)
  if (versions.length > versionsPerModelMax) {
    warnings.push(
      `model ${name}: ${versions.length} versions found, only the highest ${versionsPerModelMax} are looked at`
    )
  }
  if (versions.length === 0 && problems.length === 0)
    problems.push(`model ${name} has no version: expected ${join(folder, '1', modelFile)}`)
  const model = { name, manifest: own.manifest, problems, versions: versions.slice(0, versionsPerModelMax) }
  return { model, warnings }
}

/** A repository that is one model of one version: its only .onnx file lies directly in the root. */
export async function scanSingleFile(
  ground: Ground,
  name: string,
  file: string,
  entries: readonly FolderEntry[]
): Promise<ScannedModel> {
  const source = await readSource(ground, '', entries)
  const { manifest, problems } = ground.manifests.ofModel(source)
  const files = await filesOf(ground.view, { folder: '', file, modelFolder: undefined }, entries)
  const version: ScannedVersion = {
    version: 1,
    root: ground.view.root,
    folder: '',
    file,
    manifest,
    problems: [...problems, ...files.problems],
    prints: files.prints
  }
  return { name, manifest, problems, versions: [version] }
}

async function scanVersion(
  ground: Ground,
  folder: string,
  version: number,
  modelFolder: string,
  model: ManifestSource
): Promise<ScannedVersion> {
  const { view, manifests } = ground
  const entries: Entries = await view.list(folder).catch(() => undefined)
  const own = await readSource(ground, folder, entries)
  const broken = model.problems.length > 0
  const { manifest, problems } = broken
    ? { manifest: undefined, problems: model.problems }
    : manifests.ofVersion(model, own)
  const file = join(folder, modelFile)
  const files = await filesOf(view, { folder, file, modelFolder }, entries)
  return {
    version,
    root: view.root,
    folder,
    file,
    manifest,
    problems: [...problems, ...files.problems],
    prints: files.prints
  }
}

/** The model.yaml of a folder, which lies there only if `entries` say so. */
async function readSource(
  { view, bounds }: Ground,
  folder: string,
  entries: Entries
): Promise<ManifestSource> {
  const file = join(folder, manifestFile)
  if (entries?.some(({ name }) => name === manifestFile) === false) return emptySource
  try {
    return await view.made(file, async () => {
      const text = await readInside(view.root, bounds.manifestBytesMax, file)
      return text === undefined ? emptySource : parseManifest(text, file)
    })
  } catch (error) {
    return { file, tree: {}, problems: [messageOf(error)] }
  }
}

/** Folders among `entries`, links to folders included. */
export async function folderNames(
  view: DiskView,
  folder: string,
  entries: readonly FolderEntry[]
): Promise<string[]> {
  const names: string[] = []
  for (const { name, kind } of entries) {
    if (kind === 'folder' || (kind === 'link' && (await view.isFolder(join(folder, name))))) names.push(name)
  }
  return names
}
