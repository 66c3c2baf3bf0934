// A log of lines in a folder: `name`, and what moved aside when it was full as `name.1`, `name.2` …, from the newest to the oldest.
// A line that a crash or a full disk cut short is ended before the next one is written, so that it spoils no other.
import { appendFile, type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface LogLimits {
  /** A line that would take the file beyond this size begins a new one. */
  readonly fileBytesMax: number
  /** Files that are kept, the current one included. */
  readonly filesMax: number
}

/** Longer lines are passed over when the log is read: nobody writes them, and their memory is better kept. */
export const lineBytesMax = 2 ** 20

/** What is read at once, from the end of a file on. */
const pieceBytes = 64 * 2 ** 10

const newline = 0x0a

export class LogFiles {
  readonly #folder: string
  /** Logs whose last line is known to be whole. */
  readonly #whole = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Appends a line. Two at once would move the log twice: callers wait for each other. */
  async append(name: string, line: string, { fileBytesMax, filesMax }: LogLimits): Promise<void> {
    const file = join(this.#folder, name)
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => 0
    )
    const isCut = bytes > 0 && !this.#whole.has(name) && !(await endsLine(file, bytes))
    // Until it is written it may be cut short.
    this.#whole.delete(name)
    const text = `${isCut ? '\n' : ''}${line}\n`
    const isFull = bytes > 0 && bytes + Buffer.byteLength(text) > fileBytesMax
    if (isFull) await this.#moveAside(name, filesMax)
    await appendFile(file, isFull ? `${line}\n` : text)
    this.#whole.add(name)
  }

  /** The lines from the newest to the oldest, read a piece at a time. What the log is given meanwhile is left out. */
  async *newestFirst(name: string): AsyncGenerator<string> {
    const seen = new Set<string>()
    for (let number = -1; ; ) {
      const before = number
      const next = (await this.#numbers(name)).find(candidate => candidate > before)
      if (next === undefined) return
      number = next
      const handle = await open(this.#file(name, number)).catch(() => undefined)
      if (handle === undefined) continue
      try {
        const { dev, ino, size } = await handle.stat()
        // The log may move while it is read: a file then turns up once more, under the next number.
        const identity = `${dev}:${ino}`
        if (seen.has(identity)) continue
        seen.add(identity)
        yield* linesFromEnd(handle, size)
      } finally {
        await handle.close()
      }
    }
  }

  async #moveAside(name: string, filesMax: number): Promise<void> {
    for (const number of (await this.#numbers(name)).reverse()) {
      const file = this.#file(name, number)
      if (number + 1 >= filesMax) await rm(file, { force: true })
      else await rename(file, this.#file(name, number + 1))
    }
  }

  /** The files that are there, by their numbers from the current one, 0, up. */
  async #numbers(name: string): Promise<number[]> {
    const entries = await readdir(this.#folder).catch(() => [])
    const numbers = entries.flatMap(entry => {
      if (entry === name) return [0]
      const number = entry.startsWith(`${name}.`) ? entry.slice(name.length + 1) : ''
      return /^[1-9]\d{0,8}$/.test(number) ? [Number(number)] : []
    })
    return numbers.sort((a, b) => a - b)
  }

  #file(name: string, number: number): string {
    return join(this.#folder, number === 0 ? name : `${name}.${number}`)
  }
}

async function endsLine(file: string, bytes: number): Promise<boolean> {
  const handle = await open(file)
  try {
    return (await pieceAt(handle, bytes - 1, 1))[0] === newline
  } finally {
    await handle.close()
  }
}

async function pieceAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** The lines of a file of `size` bytes from its last to its first; empty ones and those that are too long are left out. */
async function* linesFromEnd(handle: FileHandle, size: number): AsyncGenerator<string> {
  const tail = new Tail()
  for (let position = size; position > 0; ) {
    const length = Math.min(pieceBytes, position)
    position -= length
    const piece = await pieceAt(handle, position, length)
    let end = piece.length
    while (end > 0) {
      const at = piece.lastIndexOf(newline, end - 1)
      if (at < 0) break
      const line = tail.complete(piece.subarray(at + 1, end))
      if (line !== undefined) yield line
      end = at
    }
    tail.prepend(piece.subarray(0, end))
  }
  const first = tail.complete(Buffer.alloc(0))
  if (first !== undefined) yield first
}

/** The end of a line whose beginning is still to be read. */
class Tail {
  #pieces: Buffer[] = []
  #bytes = 0

  prepend(piece: Buffer): void {
    this.#bytes += piece.length
    this.#pieces = this.#bytes > lineBytesMax ? [] : [piece, ...this.#pieces]
  }

  /** The line that begins with `head`, and a new tail after it. */
  complete(head: Buffer): string | undefined {
    this.prepend(head)
    const line = Buffer.concat(this.#pieces).toString()
    this.#pieces = []
    this.#bytes = 0
    return line === '' ? undefined : line
  }
}
