// How many CPUs this process may use: what its control groups grant, not what the host has.
import { availableParallelism } from 'node:os'
import { groupFolders, type ReadGroupFile, readGroupFile, version1, version2 } from './control-group.ts'

/**
 * CPUs of the tightest quota, rounded to whole ones, at least 1 and at most those of the host.
 * v2: `cpu.max` holds `quota period` or `max period`; v1: `cpu.cfs_quota_us` (-1 is none) and `cpu.cfs_period_us`.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 */
export function cpuQuota(host: number = availableParallelism(), read: ReadGroupFile = readGroupFile): number {
  // A quota of 1.5 is used up by two threads only in part; one thread would leave a third of it.
  const granted = [...quotasV2(read), ...quotasV1(read)].map(quota => Math.max(1, Math.round(quota)))
  return Math.min(host, ...granted)
}

function quotasV2(read: ReadGroupFile): number[] {
  return groupFolders(version2, read).flatMap(folder => {
    const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(/\s+/)
    return ratio(quota, period) ?? []
  })
}

function quotasV1(read: ReadGroupFile): number[] {
  const folders = ['cpu', 'cpu,cpuacct'].flatMap(folder => groupFolders(version1('cpu', folder), read))
  return folders.flatMap(
    folder => ratio(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)) ?? []
  )
}

/** Undefined for `max`, -1, and whatever is no pair of positive numbers. */
function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const value = Number(quota) / Number(period)
  return Number.isFinite(value) && value > 0 ? value : undefined
}
