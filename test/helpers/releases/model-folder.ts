// A model's folder as those who release change it: versions that come whole, that grow where the server looks, that are overwritten while
// they serve, and that go.
import { mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Files } from './content.ts'

/** How files grow: piece by piece, with a pause after each that has to be shorter than the server's repository.stableMs. */
export interface Slowness {
  readonly pieceBytes: number
  readonly pauseMs: number
  /** Once given, the rest comes without pauses. */
  readonly hurry?: AbortSignal
}

const atOnce: Slowness = { pieceBytes: Number.POSITIVE_INFINITY, pauseMs: 0 }

export class ModelFolder {
  readonly path: string

  constructor(repository: string, model: string) {
    this.path = join(repository, model)
  }

  /** Written under a hidden name and renamed, as the guide says. */
  async copyIn(version: number | string, files: Files): Promise<void> {
    const hidden = join(this.path, `.coming-${version}`)
    await writeFiles(hidden, files, atOnce)
    await rename(hidden, this.#folder(version))
  }

  /** Written where the server looks. Where the version is there already its files are overwritten, others are removed at the end. */
  async write(version: number | string, files: Files, slowness: Slowness = atOnce): Promise<void> {
    const folder = this.#folder(version)
    await writeFiles(folder, files, slowness)
    await removeOthers(folder, files)
  }

  /** Each file of a version that is there is exchanged for one that was written elsewhere; others are removed at the end. */
  async exchange(version: number | string, files: Files): Promise<void> {
    const folder = this.#folder(version)
    const hidden = join(this.path, `.coming-${version}`)
    await writeFiles(hidden, files, atOnce)
    for (const file of Object.keys(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await rename(join(hidden, file), join(folder, file))
    }
    await rm(hidden, { recursive: true })
    await removeOthers(folder, files)
  }

  async remove(version: number | string): Promise<void> {
    await rm(this.#folder(version), { recursive: true, force: true })
  }

  /** Makes a version an hour old. */
  async age(version: number): Promise<void> {
    const folder = this.#folder(version)
    const entries = await readdir(folder, { recursive: true })
    const time = new Date(Date.now() - 3_600_000)
    for (const path of [folder, ...entries.map(entry => join(folder, entry))]) await utimes(path, time, time)
  }

  #folder(version: number | string): string {
    return join(this.path, String(version))
  }
}

async function writeFiles(
  folder: string,
  files: Files,
  { pieceBytes, pauseMs, hurry }: Slowness
): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    const handle = await open(path, 'w')
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes.subarray(written, written + pieceBytes))
        written += bytesWritten
        if (pauseMs > 0 && hurry?.aborted !== true) await wait(pauseMs)
      }
    } finally {
      await handle.close()
    }
  }
}

async function removeOthers(folder: string, files: Files): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter(entry => entry.isFile())) {
    const path = join(entry.parentPath, entry.name)
    if (!Object.keys(files).some(file => join(folder, file) === path)) await rm(path)
  }
}
