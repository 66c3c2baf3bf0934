// What waits for an instance: bounded in rows and bytes, first come first served within a priority, dead entries dropped when
// they are met. Decides which entries run together; runs nothing.
import { type Job, priorityMax } from './job.ts'

export interface QueueLimits {
  readonly rowsMax: number
  readonly bytesMax: number
}

export interface Waiting {
  readonly job: Job
  readonly arrivedMs: number
}

/** A list that is taken from at its front. Moving the rest down costs as much as it saves only once half of it is used up. */
class Lane<T> {
  readonly #items: (T | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): void {
    this.#items[this.#head++] = undefined
    if (this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** Keeps what `isWanted` says; the rest is returned. */
  sift(isWanted: (item: T) => boolean): T[] {
    const items = this.#items.splice(0).slice(this.#head) as T[]
    this.#head = 0
    const dropped: T[] = []
    for (const item of items) (isWanted(item) ? this.#items : dropped).push(item)
    return dropped
  }
}

/** Entries of one priority, by merge key; those without one have a lane of their own. */
type Level<T> = Map<string | undefined, Lane<T>>

export class BatchQueue<T extends Waiting> {
  readonly #limits: QueueLimits
  readonly #levels: Level<T>[] = Array.from(
    { length: priorityMax },
    () => new Map<string | undefined, Lane<T>>()
  )
  #size = 0
  #rows = 0
  #bytes = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#size
  }

  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#bytes
  }

  /** One that finds the queue empty always fits: what a model is to run at all has to be let in. */
  fits({ rows, bytes }: Job): boolean {
    const { rowsMax, bytesMax } = this.#limits
    return this.#size === 0 || (this.#rows + rows <= rowsMax && this.#bytes + bytes <= bytesMax)
  }

  push(entry: T): void {
    const level = this.#levels[entry.job.priority - 1]!
    let lane = level.get(entry.job.mergeKey)
    if (lane === undefined) {
      lane = new Lane<T>()
      level.set(entry.job.mergeKey, lane)
    }
    lane.push(entry)
    this.#count(entry, 1)
  }

  /** Whether waiting longer could not make the next batch larger. Rows of other shapes count too: they ask for their turn. */
  isFull(rowsMax: number): boolean {
    return this.#rows >= rowsMax || (this.#size > 0 && this.#first()?.entry.job.mergeKey === undefined)
  }

  /**
   * Takes the next batch: the entry that is first in line, and others with its merge key while they fit into `rowsMax`. The
   * first one is taken whatever its size. `isDead` is asked of each entry once; a dead one is dropped.
   */
  take(rowsMax: number, isDead: (entry: T) => boolean): T[] {
    const batch: T[] = []
    let rows = 0
    for (let first = this.#first(); first !== undefined && batch.length === 0; first = this.#first()) {
      this.#shift(first.level, first.lane, first.entry)
      if (isDead(first.entry)) continue
      batch.push(first.entry)
      rows = first.entry.job.rows
    }
    const key = batch[0]?.job.mergeKey
    if (key === undefined) return batch
    for (const level of this.#levels) {
      const lane = level.get(key)
      if (lane === undefined) continue
      for (let next = lane.peek(); next !== undefined; next = lane.peek()) {
        if (rows + next.job.rows > rowsMax) return batch
        this.#shift(level, lane, next)
        if (isDead(next)) continue
        batch.push(next)
        rows += next.job.rows
      }
    }
    return batch
  }

  /** Since when the one waits that came before all others, which need not be first in line. */
  get oldestArrivedMs(): number | undefined {
    let oldestMs: number | undefined
    for (const level of this.#levels)
      for (const lane of level.values()) {
        const arrivedMs = lane.peek()?.arrivedMs
        if (arrivedMs !== undefined && (oldestMs === undefined || arrivedMs < oldestMs)) oldestMs = arrivedMs
      }
    return oldestMs
  }

  /** Everything, in no particular order; the queue is empty afterwards. */
  takeAll(): T[] {
    const all: T[] = []
    this.purge(entry => all.push(entry) > 0)
    return all
  }

  /** Drops everything that is dead, wherever it stands. */
  purge(isDead: (entry: T) => boolean): void {
    for (const level of this.#levels) {
      for (const [key, lane] of level) {
        for (const entry of lane.sift(item => !isDead(item))) this.#count(entry, -1)
        if (lane.size === 0) level.delete(key)
      }
    }
  }

  /** The entry that is first in line: of the highest priority, the one that came first. */
  #first(): { entry: T; lane: Lane<T>; level: Level<T> } | undefined {
    if (this.#size === 0) return undefined
    for (const level of this.#levels) {
      let found: { entry: T; lane: Lane<T>; level: Level<T> } | undefined
      for (const lane of level.values()) {
        const entry = lane.peek()
        if (entry !== undefined && (found === undefined || entry.arrivedMs < found.entry.arrivedMs))
          found = { entry, lane, level }
      }
      if (found !== undefined) return found
    }
    return undefined
  }

  #shift(level: Level<T>, lane: Lane<T>, entry: T): void {
    lane.shift()
    this.#count(entry, -1)
    // A lane for every shape that ever came would grow without end; the one for jobs that merge freely is kept.
    if (lane.size === 0 && entry.job.mergeKey !== '') level.delete(entry.job.mergeKey)
  }

  #count({ job: { rows, bytes } }: T, sign: 1 | -1): void {
    this.#size += sign
    this.#rows += sign * rows
    this.#bytes += sign * bytes
  }
}
