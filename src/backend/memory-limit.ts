// How much memory this process may use, and how much of that is in use: what its control group grants and counts, else the machine's.
import { totalmem } from 'node:os'
import {
  groupFolders,
  type Hierarchy,
  type ReadGroupFile,
  readGroupFile,
  version1,
  version2
} from './control-group.ts'

export interface MemoryState {
  /** What the tightest control group grants, or what the machine has. */
  readonly limitBytes: number
  /** What is in use of that, without what the kernel would give back: by whoever shares the limit. */
  readonly usedBytes: number
}

/** The names that the two versions of control groups have for the same things. */
interface GroupFiles extends Hierarchy {
  readonly limit: string
  readonly use: string
  /** In memory.stat: file caches that nobody misses. */
  readonly reclaimable: string
}

const versions: readonly GroupFiles[] = [
  {
    ...version2,
    limit: 'memory.max',
    use: 'memory.current',
    reclaimable: 'inactive_file'
  },
  {
    ...version1('memory'),
    limit: 'memory.limit_in_bytes',
    use: 'memory.usage_in_bytes',
    reclaimable: 'total_inactive_file'
  }
]

/**
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files; version 1 writes a number beyond any memory for "no limit".
 * A group's limit binds all groups below, so the tightest from here to the root counts.
 */
export function memoryState(
  hostBytes: number = totalmem(),
  rssBytes: number = process.memoryUsage.rss(),
  read: ReadGroupFile = readGroupFile
): MemoryState {
  let tightest: MemoryState | undefined
  for (const version of versions) {
    for (const folder of groupFolders(version, read)) {
      const limitBytes = wholeNumber(read(`${folder}/${version.limit}`))
      if (limitBytes === undefined || limitBytes >= (tightest?.limitBytes ?? hostBytes)) continue
      tightest = { limitBytes, usedBytes: usedOf(version, folder, read) ?? rssBytes }
    }
  }
  return tightest ?? { limitBytes: hostBytes, usedBytes: usedOfMachine(hostBytes, read) ?? rssBytes }
}

function usedOf(version: GroupFiles, folder: string, read: ReadGroupFile): number | undefined {
  const allBytes = wholeNumber(read(`${folder}/${version.use}`))
  if (allBytes === undefined) return undefined
  const cacheBytes = fieldOf(read(`${folder}/memory.stat`), version.reclaimable) ?? 0
  return Math.max(0, allBytes - cacheBytes)
}

/** Where others use the machine too, theirs is gone as well. */
function usedOfMachine(hostBytes: number, read: ReadGroupFile): number | undefined {
  const availableKiB = fieldOf(read('/proc/meminfo'), 'MemAvailable:')
  return availableKiB === undefined ? undefined : Math.max(0, hostBytes - availableKiB * 1024)
}

/** Of lines that hold a name and a number. */
function fieldOf(text: string | undefined, name: string): number | undefined {
  const words = text
    ?.split('\n')
    .map(line => line.split(/\s+/))
    .find(([first]) => first === name)
  return wholeNumber(words?.[1])
}

/** Undefined for `max`, nothing, and whatever is no number of bytes. */
function wholeNumber(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? ''
  return /^\d+$/.test(trimmed) ? Number(trimmed) : undefined
}
