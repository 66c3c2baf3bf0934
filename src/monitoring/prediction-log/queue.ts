// Records on their way to the sink: rendered in slices between requests, written one block after the other, bounded in bytes over all.
// What finds no room, or no disk, is dropped and told of; nobody ever waits for it.
import { type Deferred, deferred } from '../../base/deferred.ts'
import { messageOf } from '../../errors/serving-error.ts'

/** Where records go. More than one write at a time is never asked for. */
export interface PredictionSink {
  /** Appends lines, given without their newlines. Rejects where it cannot: they are lost then, and others are tried later. */
  write(lines: readonly string[]): Promise<void>
}

export interface RecordQueueOptions<Item> {
  /** Makes the line of an item, in steps. */
  readonly render: (item: Item) => Generator<void, string>
  readonly sink: PredictionSink
  readonly bytesMax: number
  /** Calls `slice` once the requests of this turn of the event loop were seen to. */
  readonly defer: (slice: () => void) => void
  readonly nowMs: () => number
  readonly onWritten: (records: number) => void
  readonly onDropped: (records: number, reason: string) => void
}

/** Requests wait for a slice so long at most, and for the step in it that comes last. */
export const sliceMaxMs = 0.5
/** What is written at once, save for a single record that is larger. */
const blockBytesMax = 256 * 2 ** 10

interface Weighed<T> {
  readonly content: T
  readonly bytes: number
}

export class RecordQueue<Item> {
  readonly #options: RecordQueueOptions<Item>
  readonly #items: Weighed<Item>[] = []
  readonly #lines: Weighed<string>[] = []
  #rendering: Weighed<Generator<void, string>> | undefined
  #heldBytes = 0
  #deferred = false
  #writing = false
  #idle: Deferred<void> | undefined

  constructor(options: RecordQueueOptions<Item>) {
    this.#options = options
  }

  /** Sets memory aside for what a request in progress keeps; false where there is none left, which drops its record. */
  hold(bytes: number): boolean {
    const { bytesMax, onDropped } = this.#options
    if (this.#heldBytes + bytes > bytesMax) {
      onDropped(1, `${this.#heldBytes} bytes of records wait for the disk already`)
      return false
    }
    this.#heldBytes += bytes
    return true
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes
  }

  /** Takes over an item and the `bytes` that are held for it. */
  push(item: Item, bytes: number): void {
    this.#items.push({ content: item, bytes })
    this.#schedule()
  }

  /** Settles once everything pushed so far is written or given up. */
  flush(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    this.#idle ??= deferred()
    return this.#idle.promise
  }

  get #isIdle(): boolean {
    const { length } = this.#items
    return length === 0 && this.#rendering === undefined && this.#lines.length === 0 && !this.#writing
  }

  #schedule(): void {
    if (this.#deferred) return
    this.#deferred = true
    this.#options.defer(() => this.#slice())
  }

  #slice(): void {
    const { nowMs } = this.#options
    this.#deferred = false
    const endMs = nowMs() + sliceMaxMs
    while (this.#step()) if (nowMs() >= endMs) break
    this.#write()
    if (this.#rendering !== undefined || this.#items.length > 0) this.#schedule()
    else this.#settle()
  }

  /** One step of rendering; false where there is nothing to render. */
  #step(): boolean {
    const { render, onDropped } = this.#options
    if (this.#rendering === undefined) {
      const item = this.#items.shift()
      if (item === undefined) return false
      this.#rendering = { content: render(item.content), bytes: item.bytes }
    }
    const { content, bytes } = this.#rendering
    try {
      const { done, value } = content.next()
      if (done !== true) return true
      const lineBytes = Buffer.byteLength(value) + 1
      this.#heldBytes += lineBytes - bytes
      this.#lines.push({ content: value, bytes: lineBytes })
    } catch (error) {
      this.release(bytes)
      onDropped(1, messageOf(error))
    }
    this.#rendering = undefined
    return true
  }

  /** Writes what is rendered, unless something is being written: then it follows. */
  #write(): void {
    if (this.#writing || this.#lines.length === 0) return
    this.#writing = true
    let bytes = 0
    let count = 0
    for (const line of this.#lines) {
      if (count > 0 && bytes + line.bytes > blockBytesMax) break
      bytes += line.bytes
      count++
    }
    const block = this.#lines.splice(0, count).map(({ content }) => content)
    void this.#writeBlock(block).then(() => {
      this.release(bytes)
      this.#writing = false
      this.#write()
      this.#settle()
    })
  }

  async #writeBlock(block: readonly string[]): Promise<void> {
    const { sink, onWritten, onDropped } = this.#options
    try {
      await sink.write(block)
      onWritten(block.length)
    } catch (error) {
      onDropped(block.length, messageOf(error))
    }
  }

  #settle(): void {
    if (!this.#isIdle) return
    this.#idle?.resolve()
    this.#idle = undefined
  }
}
