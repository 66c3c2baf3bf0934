// The folder for what outlives a restart. Where it cannot be written, the same interface keeps everything in memory: serving
// is never affected by it.
import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
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
    // Another process that opens the folder at this moment may have removed it.
    await rm(trial, { force: true })
    return directory(folder)
  } catch (error) {
    return memory(
      `${folder} cannot be written (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`
    )
  }
}

function directory(folder: string): StateDirectory {
  let last: Promise<unknown> = Promise.resolve()
  /** One change after the other: two at once would share a fresh file, or move the log twice. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const done = last.then(change)
    last = done.catch(() => {})
    return done
  }
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
    write: (name, text) =>
      inTurn(async () => {
        const fresh = join(folder, `.${name}.new`)
        await writeFile(fresh, text, { flush: true })
        await rename(fresh, join(folder, name))
      }),
    append: (name, line, bytesMax) =>
      inTurn(async () => {
        const file = join(folder, name)
        const size = await stat(file).then(
          facts => facts.size,
          () => 0
        )
        if (size + Buffer.byteLength(line) + 1 > bytesMax && size > 0) await rename(file, `${file}.1`)
        await appendFile(file, `${line}\n`)
      })
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
      texts.set(name, Buffer.byteLength(grown) > bytesMax ? `${line}\n` : grown)
      return Promise.resolve()
    }
  }
}
