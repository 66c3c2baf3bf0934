// Where the limits of this process's control groups are written: its own group's, and those of the groups above, which bind it as well.
// https://docs.kernel.org/admin-guide/cgroup-v2.html
import { readFileSync } from 'node:fs'

/** Reads a file of the control group's; undefined where there is none. */
export type ReadGroupFile = (path: string) => string | undefined

/** A controller in one of the two versions of control groups. */
export interface Hierarchy {
  /** Under which the groups' folders lie. */
  readonly root: string
  /** Of /proc/self/cgroup: the line that names this process's group. */
  readonly line: RegExp
}

export const version2: Hierarchy = { root: '/sys/fs/cgroup', line: /^0::(\/.*)$/m }

/** `folder` is the controller's, or that of several under their joint name. */
export function version1(controller: string, folder: string = controller): Hierarchy {
  return {
    root: `/sys/fs/cgroup/${folder}`,
    line: new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(/.*)$`, 'm')
  }
}

/** From this process's group up to the root. In a container its own group usually is the root. */
export function groupFolders({ root, line }: Hierarchy, read: ReadGroupFile): string[] {
  const steps = (line.exec(read('/proc/self/cgroup') ?? '')?.[1] ?? '/').split('/').filter(Boolean)
  return [...steps.map((_, index) => `${root}/${steps.slice(0, steps.length - index).join('/')}`), root]
}

export function readGroupFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
