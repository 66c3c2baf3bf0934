// Tells that something may have changed, through the file system's own events. It only ever saves waiting: events that never come, limits
// and file systems without events are lived with, since the repositories are looked at all the same.
import { type FSWatcher, watch as watchFileSystem } from 'node:fs'

export interface Watcher {
  /** Watches these folders from now on, and no others. Never throws. */
  watch(folders: readonly string[]): void
  stop(): void
}

export type Watch = (onEvent: () => void) => Watcher

/** Each takes one of the kernel's watches; the rest are only polled. */
export const watchedFoldersMax = 4096
/** So many watches begin in one turn. */
const begunAtOnce = 64

/** Watches `roots` always, and other folders as they come; folders themselves, not what lies deeper. */
export function folderWatch(roots: readonly string[]): Watch {
  return onEvent => watchFolders(roots, onEvent)
}

function watchFolders(roots: readonly string[], onEvent: () => void): Watcher {
  const watchers = new Map<string, FSWatcher>()
  const drop = (folder: string): void => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }
  const add = (folder: string): void => {
    try {
      const watcher = watchFileSystem(folder, { persistent: false }, onEvent)
      watcher.on('error', () => drop(folder))
      watchers.set(folder, watcher)
    } catch {
      // No more watches, or no such folder: polling sees it.
    }
  }
  let wanted: readonly string[] = []
  let next: NodeJS.Immediate | undefined
  const addSome = (from: number): void => {
    const end = from + begunAtOnce
    for (const folder of wanted.slice(from, end)) if (!watchers.has(folder)) add(folder)
    next = end < wanted.length ? setImmediate(addSome, end).unref() : undefined
  }
  return {
    watch(folders) {
      clearImmediate(next)
      const kept = new Set([...roots, ...folders].slice(0, watchedFoldersMax))
      wanted = [...kept]
      for (const folder of [...watchers.keys()]) if (!kept.has(folder)) drop(folder)
      addSome(0)
    },
    stop() {
      clearImmediate(next)
      for (const folder of [...watchers.keys()]) drop(folder)
    }
  }
}
