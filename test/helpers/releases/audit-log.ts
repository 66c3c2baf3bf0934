// The audit log as others read it: JSON lines in the state directory, followed while the server writes them.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A line of the log; it says more than this. */
export interface AuditLine {
  /** ISO 8601 */
  readonly time: string
  readonly event: string
  readonly model: string
  readonly version?: number
  readonly reason?: string
  readonly digests?: Readonly<Record<string, string>>
}

const pollMs = 10

export class AuditLog {
  /** The lines so far that are JSON, in their order. */
  readonly lines: AuditLine[] = []
  /** Lines that are no JSON. */
  readonly torn: string[] = []
  readonly #path: string
  #offset = 0
  #rest = ''

  /** The beginning of a line that is not complete. */
  get unfinished(): string {
    return this.#rest
  }

  constructor(stateFolder: string) {
    this.#path = join(stateFolder, 'audit.jsonl')
  }

  /** Reads what was written since. The log is assumed not to be so long that the server begins another file. */
  async read(): Promise<void> {
    const handle = await open(this.#path).catch(() => undefined)
    if (handle === undefined) return
    try {
      const { size } = await handle.stat()
      const bytes = Buffer.alloc(Math.max(0, size - this.#offset))
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, this.#offset)
      this.#offset += bytesRead
      this.#take(bytes.toString('utf8', 0, bytesRead))
    } finally {
      await handle.close()
    }
  }

  /** Settles with the first line that matches, of those from the `from`th on. */
  async find(matches: (line: AuditLine) => boolean, from: number, signal: AbortSignal): Promise<AuditLine> {
    for (let next = from; ; ) {
      await this.read()
      for (; next < this.lines.length; next++) if (matches(this.lines[next]!)) return this.lines[next]!
      await wait(pollMs, undefined, { signal })
    }
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) {
      try {
        this.lines.push(JSON.parse(line) as AuditLine)
      } catch {
        this.torn.push(line)
      }
    }
  }
}
