// What waits for an instance: bounded in rows and bytes, first come first served within a priority. One that is answered meanwhile
// counts no more at once; its place in line goes when it is met, or when such places outnumber those that wait: either way at a
// constant cost for each. Decides which entries run together; runs nothing.
import { type Job, priorityMax } from './job.ts'

export interface QueueLimits {
  readonly rowsMax: number
  readonly bytesMax: number
}

export interface Waiting {
  readonly job: Job
  readonly arrivedMs: number
  /** Whether it waits here. The queue's own. */
  waits: boolean
}

/** Entries of one priority, by merge key; those without one have a lane of their own. */
type Level<T> = Map<string | undefined, Lane<T>>

/** A list that is taken from at its front. Moving the rest down costs as much as it saves only once half of it is used up. */
class Lane<T> {
  readonly #level: Level<T>
  readonly #key: string | undefined
  #items: (T | undefined)[] = []
  #head = 0

  constructor(level: Level<T>, key: string | undefined) {
    this.#level = level
    this.#key = key
    level.set(key, this)
  }

  get items(): readonly T[] {
    return this.#items.slice(this.#head) as T[]
  }

  peek(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): void {
    this.#items[this.#head++] = undefined
    if (this.#head * 2 > this.#items.length) this.#replace(this.#items.slice(this.#head))
  }

  keep(isWanted: (item: T) => boolean): void {
    this.#replace(this.items.filter(isWanted))
  }

  #replace(items: (T | undefined)[]): void {
    this.#items = items
    this.#head = 0
    // A lane for every shape that ever came would grow without end; the one for jobs that merge freely is kept.
    if (items.length === 0 && this.#key !== '') this.#level.delete(this.#key)
  }
}

export class BatchQueue<T extends Waiting> {
  readonly #limits: QueueLimits
  readonly #levels: Level<T>[] = Array.from(
    { length: priorityMax },
    () => new Map<string | undefined, Lane<T>>()
  )
  #size = 0
  #rows = 0
  #bytes = 0
  /** How many were forgotten since their places were last given up. */
  #forgotten = 0

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
    const lane = level.get(entry.job.mergeKey) ?? new Lane(level, entry.job.mergeKey)
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
    while (batch.length === 0) {
      const first = this.#first()
      if (first === undefined) break
      this.#shift(first.lane, first.entry)
      if (!isDead(first.entry)) batch.push(first.entry)
    }
    if (batch[0]?.job.mergeKey !== undefined) this.#fill(batch, batch[0].job, rowsMax, isDead)
    this.#tidy()
    return batch
  }

  #fill(batch: T[], first: Job, rowsMax: number, isDead: (entry: T) => boolean): void {
    let { rows } = first
    for (const level of this.#levels) {
      const lane = level.get(first.mergeKey)
      if (lane === undefined) continue
      for (let next = this.#peek(lane); next !== undefined; next = this.#peek(lane)) {
        if (rows + next.job.rows > rowsMax) return
        this.#shift(lane, next)
        if (isDead(next)) continue
        batch.push(next)
        rows += next.job.rows
      }
    }
  }

  /** Since when the one waits that came before all others, which need not be first in line. */
  get oldestArrivedMs(): number | undefined {
    let oldestMs: number | undefined
    for (const level of this.#levels)
      for (const lane of level.values()) {
        const arrivedMs = this.#peek(lane)?.arrivedMs
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
    for (const level of this.#levels)
      for (const lane of level.values())
        for (const entry of lane.items) if (entry.waits && isDead(entry)) this.forget(entry)
  }

  /** `entry` needs no turn any more. Does nothing where it does not wait. */
  forget(entry: T): void {
    if (!entry.waits) return
    this.#count(entry, -1)
    this.#forgotten++
    this.#tidy()
  }

  /** Gives up the places of those that were forgotten, once there are more of them than of others. */
  #tidy(): void {
    if (this.#forgotten <= this.#size) return
    this.#forgotten = 0
    for (const level of this.#levels) for (const lane of level.values()) lane.keep(entry => entry.waits)
  }

  /** The entry that is first in line: of the highest priority, the one that came first. */
  #first(): { entry: T; lane: Lane<T> } | undefined {
    if (this.#size === 0) return undefined
    for (const level of this.#levels) {
      let found: { entry: T; lane: Lane<T> } | undefined
      for (const lane of level.values()) {
        const entry = this.#peek(lane)
        if (entry !== undefined && (found === undefined || entry.arrivedMs < found.entry.arrivedMs))
          found = { entry, lane }
      }
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The first of a lane that still waits. */
  #peek(lane: Lane<T>): T | undefined {
    let entry = lane.peek()
    for (; entry !== undefined && !entry.waits; entry = lane.peek()) lane.shift()
    return entry
  }

  #shift(lane: Lane<T>, entry: T): void {
    lane.shift()
    this.#count(entry, -1)
  }

  #count(entry: T, sign: 1 | -1): void {
    const { rows, bytes } = entry.job
    entry.waits = sign === 1
    this.#size += sign
    this.#rows += sign * rows
    this.#bytes += sign * bytes
  }
}
