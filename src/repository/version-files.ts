// The files of one version by their stat: which of them belong to the model, to its checks, to its reference and to its manifest, and
// whether the model's file is there. Nothing is opened.
import { join } from 'node:path'
import { messageOf } from '../errors/serving-error.ts'
import type { DiskView, FolderEntry } from './disk-view.ts'
import { type FilePrint, type Prints, printsOf } from './fingerprint.ts'
import { gateFolder, manifestFile, referenceFile, warmupFolder } from './layout.ts'

/** Files of one version, and how deep its folders may lie in each other: far more than any model has. */
export const filesPerVersionMax = 10_000
const folderDepthMax = 8

export interface VersionPlace {
  readonly folder: string
  /** The model's file. */
  readonly file: string
  /** Where the model's own model.yaml lies; undefined when that is the version's folder. */
  readonly modelFolder: string | undefined
}

export interface VersionFiles {
  readonly prints: Prints
  readonly problems: readonly string[]
}

/** `entries` of the version's folder are undefined when it cannot be listed; then only files with fixed names are looked at. */
export async function filesOf(
  view: DiskView,
  place: VersionPlace,
  entries: readonly FolderEntry[] | undefined
): Promise<VersionFiles> {
  const look = new Look(view)
  const model = await modelFilePrint(view, place, entries)
  const modelManifest = place.modelFolder === undefined ? [] : [join(place.modelFolder, manifestFile)]
  for (const path of modelManifest) await look.file(path, look.manifest)
  await look.changed(place.folder)
  for (const entry of entries ?? []) {
    const path = join(place.folder, entry.name)
    if (path === place.file) look.add(place.file, model.print, model.changedMs, look.model)
    else if (entry.name === manifestFile) await look.file(path, look.manifest)
    else if (entry.name === referenceFile) await look.file(path, look.reference)
    else if (entry.name === warmupFolder || entry.name === gateFolder)
      await look.any(path, entry, look.checks)
    else await look.any(path, entry, look.model)
  }
  if (entries === undefined) look.add(place.file, model.print, model.changedMs, look.model)
  const problems = model.problem === undefined ? [] : [model.problem]
  if (look.count > filesPerVersionMax)
    problems.push(`${place.folder || view.root} holds more than ${filesPerVersionMax} files`)
  return { prints: printsOf(look), problems }
}

async function modelFilePrint(
  view: DiskView,
  { folder, file }: VersionPlace,
  entries: readonly FolderEntry[] | undefined
): Promise<{ print: string; changedMs: number; problem: string | undefined }> {
  const nothing = { print: '', changedMs: 0, problem: `${file} is missing` }
  if (entries?.some(({ name }) => join(folder, name) === file) === false) return nothing
  try {
    const facts = await view.facts(file)
    if (facts === undefined) return nothing
    return { ...facts, problem: facts.kind === 'file' ? undefined : `${file} is not a file` }
  } catch (error) {
    return { ...nothing, problem: messageOf(error) }
  }
}

class Look {
  readonly model: FilePrint[] = []
  readonly checks: FilePrint[] = []
  readonly reference: FilePrint[] = []
  readonly manifest: FilePrint[] = []
  changedMs = 0
  count = 0
  readonly #view: DiskView

  constructor(view: DiskView) {
    this.#view = view
  }

  add(path: string, print: string, changedMs: number, to: FilePrint[]): void {
    this.count++
    this.changedMs = Math.max(this.changedMs, changedMs)
    to.push({ name: path, print })
  }

  /** The folder's own time: a file that is moved in keeps an old one. */
  async changed(folder: string): Promise<void> {
    const facts = await this.#view.facts(folder).catch(() => undefined)
    this.changedMs = Math.max(this.changedMs, facts?.changedMs ?? 0)
  }

  async file(path: string, to: FilePrint[]): Promise<void> {
    try {
      const facts = await this.#view.facts(path)
      if (facts !== undefined) this.add(path, facts.print, facts.changedMs, to)
    } catch (error) {
      this.add(path, messageOf(error), 0, to)
    }
  }

  /** A file, or all files in a folder and below. */
  async any(path: string, entry: FolderEntry, to: FilePrint[], depth = 1): Promise<void> {
    if (this.count > filesPerVersionMax) return
    const isFolder = entry.kind === 'folder' || (entry.kind === 'link' && (await this.#view.isFolder(path)))
    if (!isFolder) return this.file(path, to)
    if (depth > folderDepthMax) return
    await this.changed(path)
    const entries = await this.#view.list(path).catch(() => [])
    for (const below of entries) await this.any(join(path, below.name), below, to, depth + 1)
  }
}
