// The folder for what outlives a restart. Where it cannot be written, the same interface keeps everything in memory: serving
// is never affected by it.
import { appendFile, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf } from '../errors/serving-error.ts'

export interface StateDirectory {
  /** The folder, or undefined where state lives in memory only. */
  readonly path: string | undefined
  /** Why state lives in memory only. */
  readonly problem: string | undefined
  /** The text last written under `name`, or undefined. */
  read(name: string): Promise<string | undefined>
  /** Replaces the text under `name`; a crash leaves the old text or the new one, never half of each. */
  write(name: string, text: string): Promise<void>
  /** Appends a line to the log `name`; at `bytesMax` the log moves to `name.1` and starts anew. */
  append(name: string, line: string, bytesMax: number): Promise<void>
}

/** Opens `path`, making it where it is missing; falls back to memory with the reason. Never throws. */
export async function openStateDirectory(path: string): Promise<StateDirectory> {
  const folder = resolve(path)
  const trial = join(folder, `.write-test-${process.pid}`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(trial, '')
    await unlink(trial)
    return directory(folder)
  } catch (error) {
    return memory(
      `${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`
    )
  }
}

function directory(folder: string): StateDirectory {
  return {
    path: folder,
    problem: undefined,
    async read(name) {
      try {
        return await readFile(join(folder, name), 'utf8')
      } catch {
        return undefined
      }
    },
    async write(name, text) {
      const fresh = join(folder, `.${name}.new`)
      await writeFile(fresh, text)
      await rename(fresh, join(folder, name))
    },
    async append(name, line, bytesMax) {
      const file = join(folder, name)
      const size = await stat(file).then(
        facts => facts.size,
        () => 0
      )
      if (size + line.length + 1 > bytesMax && size > 0) await rename(file, `${file}.1`)
      await appendFile(file, `${line}\n`)
    }
  }
}

function memory(problem: string): StateDirectory {
  const texts = new Map<string, string>()
  return {
    path: undefined,
    problem,
    read: name => Promise.resolve(texts.get(name)),
    write: (name, text) => Promise.resolve(void texts.set(name, text)),
    append(name, line, bytesMax) {
      const grown = `${texts.get(name) ?? ''}${line}\n`
      texts.set(name, grown.length > bytesMax ? `${line}\n` : grown)
      return Promise.resolve()
    }
  }
}
