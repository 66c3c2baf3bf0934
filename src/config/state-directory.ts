// The folder for what outlives a restart. Where it cannot be written, the same interface keeps everything in memory: serving
// is never affected by it.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { messageOf } from '../errors/serving-error.ts'
import { LogFiles, type LogLimits } from './log-files.ts'

export interface StateDirectory {
  /** The folder, or undefined where state lives in memory only. */
  readonly path: string | undefined
  /** Why state lives in memory only. */
  readonly problem: string | undefined
  /** The text last written under `name`, or undefined. */
  read(name: string): Promise<string | undefined>
  /** Replaces the text under `name`; a crash leaves the old text or the new one, never half of each. A secret is for the server's own user alone. */
  write(name: string, text: string, options?: { readonly secret?: boolean }): Promise<void>
  /** Appends a line to the log `name`; where that is full it moves to `name.1`, what was there to `name.2`, and so on. */
  append(name: string, line: string, limits: LogLimits): Promise<void>
  /** The lines of the log `name` from the newest to the oldest, those that moved aside included; read as they are asked for. */
  newestFirst(name: string): AsyncIterable<string> | Iterable<string>
}

/** A log that is kept in memory has this size at most, whatever its limits on disk. */
export const memoryLogBytesMax = 2 ** 20

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
  const logs = new LogFiles(folder)
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
    write: (name, text, { secret = false } = {}) =>
      inTurn(async () => {
        const fresh = join(folder, `.${name}.new`)
        // What a crash left there would keep its own mode.
        if (secret) await rm(fresh, { force: true })
        await writeFile(fresh, text, { flush: true, mode: secret ? 0o600 : 0o666 })
        await rename(fresh, join(folder, name))
      }),
    append: (name, line, limits) => inTurn(() => logs.append(name, line, limits)),
    newestFirst: name => logs.newestFirst(name)
  }
}

function memory(problem: string): StateDirectory {
  const texts = new Map<string, string>()
  const logs = new Map<string, MemoryLog>()
  return {
    path: undefined,
    problem,
    read: name => Promise.resolve(texts.get(name)),
    write: (name, text) => Promise.resolve(void texts.set(name, text)),
    append(name, line, { fileBytesMax, filesMax }) {
      const log = logs.get(name) ?? new MemoryLog()
      logs.set(name, log)
      log.append(line, Math.min(fileBytesMax * filesMax, memoryLogBytesMax))
      return Promise.resolve()
    },
    newestFirst: name => logs.get(name)?.newestFirst() ?? []
  }
}

/** Forgets its oldest lines when it is full; one line is kept whatever its length. */
class MemoryLog {
  readonly #lines: string[] = []
  #bytes = 0

  append(line: string, bytesMax: number): void {
    this.#lines.push(line)
    this.#bytes += Buffer.byteLength(line) + 1
    while (this.#bytes > bytesMax && this.#lines.length > 1)
      this.#bytes -= Buffer.byteLength(this.#lines.shift()!) + 1
  }

  newestFirst(): string[] {
    return [...this.#lines].reverse()
  }
}
