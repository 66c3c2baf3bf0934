// The recent past of a version's counts: four windows, each a ring of slots that older ones fall out of. A window is the sum of its slots,
// exact and mergeable. Time comes in as ticks; nothing here looks at a clock.

export interface Level {
  /** Slots of the window. */
  readonly slots: number
  /** Sub-windows in one slot. */
  readonly ticks: number
}

/** Ten minutes, an hour, a day and a week, for sub-windows of a minute. The newest slot is still being filled. */
export const levels = [
  { slots: 10, ticks: 1 },
  { slots: 6, ticks: 10 },
  { slots: 12, ticks: 120 },
  { slots: 7, ticks: 1440 }
] as const satisfies readonly Level[]

/** `10m`, `1h`, `24h`, `7d`, for sub-windows of a minute. */
export function windowNames(subWindowMs: number): readonly string[] {
  return levels.map(({ slots, ticks }) => durationName(slots * ticks * subWindowMs))
}

function durationName(ms: number): string {
  const units = [
    [7 * 86_400_000, 86_400_000, 'd'],
    [3_600_000, 3_600_000, 'h'],
    [60_000, 60_000, 'm'],
    [1000, 1000, 's']
  ] as const
  for (const [from, size, unit] of units) if (ms >= from && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

export type SlotCells = Uint16Array | Uint32Array

/** Numbers of one level, slot after slot. */
export interface LevelCounts {
  /** Narrow until a slot needs more, which in most versions none does: rings are most of what monitoring keeps. */
  cells: SlotCells
  /** Sums of outer values, in deviations of the reference. */
  readonly sums: Float32Array
}

/** A slot takes counts until one of its cells could overflow; it keeps what it has then, which says enough. */
const cellMax = 2 ** 32 - 1
const narrowCellMax = 2 ** 16 - 1

export class Ring {
  readonly levels: readonly LevelCounts[]
  /** Sub-windows that are over. */
  ticks = 0
  readonly #cellCount: number
  readonly #sumCount: number

  constructor(cellCount: number, sumCount: number) {
    this.#cellCount = cellCount
    this.#sumCount = sumCount
    this.levels = levels.map(({ slots }) => ({
      cells: new Uint16Array(slots * cellCount),
      sums: new Float32Array(slots * sumCount)
    }))
  }

  /** Ends a sub-window that counted `cells` and `sums`. */
  add(cells: Uint32Array, sums: Float64Array): void {
    this.#advance()
    for (const [index, level] of this.levels.entries()) {
      const slot = this.#slot(index)
      const first = slot * this.#cellCount
      let most = 0
      for (let cell = 0; cell < cells.length; cell++)
        most = Math.max(most, level.cells[first + cell]! + cells[cell]!)
      if (most > cellMax) continue
      if (most > narrowCellMax) widen(level)
      const own = level.cells
      for (let cell = 0; cell < cells.length; cell++) own[first + cell]! += cells[cell]!
      const ownSums = level.sums.subarray(slot * this.#sumCount, (slot + 1) * this.#sumCount)
      for (let sum = 0; sum < sums.length; sum++) ownSums[sum]! += sums[sum]!
    }
    this.ticks++
  }

  /** Sub-windows that passed without being watched: what is too old falls out. */
  pass(ticks: number): void {
    const longest = levels.at(-1)!
    // More than the whole past need not be passed one by one.
    const count = Math.min(ticks, longest.slots * longest.ticks)
    for (let tick = 0; tick < count; tick++) {
      this.#advance()
      this.ticks++
    }
  }

  /** Cells from `offset` on of each slot of a level. The newest stands anywhere among them; but for it and the oldest, neighbours followed each other. */
  slots(level: number, offset: number, count: number): SlotCells[] {
    const { cells } = this.levels[level]!
    return Array.from({ length: levels[level]!.slots }, (_, slot) => {
      const from = slot * this.#cellCount + offset
      return cells.subarray(from, from + count)
    })
  }

  /** A sum of a level over its slots. */
  sum(level: number, index: number): number {
    const { sums } = this.levels[level]!
    let total = 0
    for (let slot = 0; slot < levels[level]!.slots; slot++) total += sums[slot * this.#sumCount + index]!
    return total
  }

  /** Takes back the numbers of a level that were kept: as many as it has. */
  restore(level: number, cells: Uint32Array, sums: Float32Array): void {
    const counts = this.levels[level]!
    if (cells.some(count => count > narrowCellMax)) widen(counts)
    counts.cells.set(cells)
    counts.sums.set(sums)
  }

  #slot(level: number): number {
    const { slots, ticks } = levels[level]!
    return Math.floor(this.ticks / ticks) % slots
  }

  /** Empties the slots that begin with this sub-window. */
  #advance(): void {
    for (const [index, level] of this.levels.entries()) {
      if (this.ticks % levels[index]!.ticks !== 0) continue
      const slot = this.#slot(index)
      level.cells.fill(0, slot * this.#cellCount, (slot + 1) * this.#cellCount)
      level.sums.fill(0, slot * this.#sumCount, (slot + 1) * this.#sumCount)
    }
  }
}

/** Room for larger counts, from now on. */
function widen(level: LevelCounts): void {
  if (level.cells instanceof Uint16Array) level.cells = Uint32Array.from(level.cells)
}
