// The counts of a watched version as text, and back: what outlives a restart. It holds counts and verdicts, no values.
import type { Severity } from './judge.ts'
import type { Watched } from './watched.ts'

interface SnapshotJson {
  readonly schema: 1
  /** Counts mean something only under the profile whose edges they were counted with. */
  readonly profile: string
  readonly subWindowMs: number
  readonly savedAtMs: number
  readonly ticks: number
  readonly cellCount: number
  /** Base64 of the numbers of each level. */
  readonly levels: readonly { readonly cells: string; readonly sums: string }[]
  readonly monitors: Readonly<
    Record<
      string,
      { readonly recent: readonly Severity[]; readonly state: Severity; readonly timeline: string }
    >
  >
}

export function snapshotOf(watched: Watched, subWindowMs: number, nowMs: number): string {
  const snapshot: SnapshotJson = {
    schema: 1,
    profile: watched.profileId,
    subWindowMs,
    savedAtMs: nowMs,
    ticks: watched.ring.ticks,
    cellCount: watched.cells.cellCount,
    levels: watched.ring.levels.map(({ cells, sums }) => ({
      cells: encode(Uint32Array.from(cells)),
      sums: encode(sums)
    })),
    monitors: Object.fromEntries(
      watched.monitors.map(({ plan, recent, state, timeline }) => [
        plan.name,
        { recent, state, timeline: encode(timeline) }
      ])
    )
  }
  return JSON.stringify(snapshot)
}

/**
 * Takes back what was counted before, aged by the time that has passed. Returns false, and changes nothing, where the text is of another
 * profile, of other windows, or no snapshot at all.
 */
export function restore(watched: Watched, text: string, subWindowMs: number, nowMs: number): boolean {
  const snapshot = parse(text)
  if (
    snapshot?.schema !== 1 ||
    snapshot.profile !== watched.profileId ||
    snapshot.subWindowMs !== subWindowMs ||
    snapshot.cellCount !== watched.cells.cellCount ||
    !isWhole(snapshot) ||
    snapshot.levels.length !== watched.ring.levels.length
  )
    return false
  const levels = watched.ring.levels.map(({ cells, sums }, index) => ({
    cells: decode(snapshot.levels[index]!.cells, cells.length * Uint32Array.BYTES_PER_ELEMENT),
    sums: decode(snapshot.levels[index]!.sums, sums.byteLength)
  }))
  if (levels.some(({ cells, sums }) => cells === undefined || sums === undefined)) return false
  for (const [index, { cells, sums }] of levels.entries())
    watched.ring.restore(index, new Uint32Array(cells!), new Float32Array(sums!))
  watched.ring.ticks = snapshot.ticks
  // A clock that was set back means that no time has passed.
  const passed = Math.max(0, Math.floor((nowMs - snapshot.savedAtMs) / subWindowMs))
  for (const monitor of watched.monitors) {
    const known = Object.hasOwn(snapshot.monitors, monitor.plan.name)
      ? snapshot.monitors[monitor.plan.name]
      : undefined
    if (known === undefined) continue
    monitor.state = known.state
    monitor.recent = [...known.recent]
    const timeline = decode(known.timeline, monitor.timeline.byteLength)
    if (timeline !== undefined) monitor.timeline.set(new Float32Array(timeline))
  }
  watched.pass(passed)
  return true
}

const severities: readonly unknown[] = ['insufficient_data', 'ok', 'significant_small', 'warning', 'critical']

/** Whether everything that is read is there: files are edited, and cut off. */
function isWhole({ levels, monitors, ticks, savedAtMs }: Partial<SnapshotJson>): boolean {
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
  return (
    Number.isSafeInteger(ticks) &&
    Number.isFinite(savedAtMs) &&
    Array.isArray(levels) &&
    levels.every(isObject) &&
    isObject(monitors) &&
    Object.values(monitors!).every(
      monitor =>
        isObject(monitor) &&
        severities.includes(monitor.state) &&
        Array.isArray(monitor.recent) &&
        monitor.recent.every(severity => severities.includes(severity))
    )
  )
}

function parse(text: string): SnapshotJson | undefined {
  try {
    const value = JSON.parse(text) as SnapshotJson | null
    return value ?? undefined
  } catch {
    return undefined
  }
}

function encode(numbers: Uint32Array | Float32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64')
}

function decode(text: unknown, bytes: number): ArrayBuffer | undefined {
  if (typeof text !== 'string') return undefined
  const buffer = Buffer.from(text, 'base64')
  return buffer.byteLength === bytes
    ? buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + bytes)
    : undefined
}
