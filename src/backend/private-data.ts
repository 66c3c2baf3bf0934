// The data files of a model where nobody else changes them: the runtime maps them into memory, and a mapped file that somebody truncates
// ends the process. They are copied and the copies unlinked once they are mapped; without a place for copies they are read into memory.
import { constants } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { messageOf } from '../errors/serving-error.ts'
import type { DataFile } from './backend.ts'

/** What a session opens in place of the model. */
export interface PrivateModel {
  /** The path of the model's file, or its bytes. */
  readonly model: string | Uint8Array
  /** What the model's data files hold; nothing where they lie beside `model`. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[]
  /** Why there are no copies. */
  readonly problem: string | undefined
  /** Lets go of the copies; what is mapped stays until the session has gone. */
  discard(): Promise<void>
}

const prefix = 'kedge-data-'
/** Copies of a process that was killed while it opened a session are removed by others after a day. */
const abandonedMs = 86_400_000

/** `place` is where copies go. Throws when the files cannot be read. */
export async function privateModel(
  path: string,
  dataFiles: readonly DataFile[],
  place = tmpdir()
): Promise<PrivateModel> {
  let folder: string | undefined
  const discard = async (): Promise<void> => {
    // Where mapped files cannot be unlinked they stay until the next day.
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
  try {
    await removeAbandoned(place)
    folder = await mkdtemp(join(place, prefix))
    const model = await copyTo(folder, path, dataFiles)
    return { model, externalData: [], problem: undefined, discard }
  } catch (error) {
    await discard()
    const problem = `its data files could not be copied to ${place}, so they were read into memory: ${messageOf(error)}`
    const externalData: { path: string; data: Uint8Array }[] = []
    for (const file of dataFiles) externalData.push({ path: file.location, data: await readFile(file.path) })
    return { model: await readFile(path), externalData, problem, discard }
  }
}

async function copyTo(folder: string, path: string, dataFiles: readonly DataFile[]): Promise<string> {
  const model = join(folder, basename(path))
  // Costs nothing where the file system shares the blocks of copies.
  await copyFile(path, model, constants.COPYFILE_FICLONE)
  for (const { location, path: from } of dataFiles) {
    // Every folder on the way, also those that `..` leaves again.
    const steps = location.split('/').slice(0, -1)
    for (const index of steps.keys())
      await mkdir(join(folder, ...steps.slice(0, index + 1)), { recursive: true })
    await copyFile(from, join(folder, location), constants.COPYFILE_FICLONE)
  }
  return model
}

async function removeAbandoned(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    if (!name.startsWith(prefix)) continue
    const folder = join(place, name)
    const facts = await stat(folder).catch(() => undefined)
    if (facts !== undefined && Date.now() - facts.mtimeMs > abandonedMs)
      await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}
