// How many CPUs this process may use: what its control group grants, not what the host has.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Reads a file of the control group's; undefined where there is none. */
export type ReadGroupFile = (path: string) => string | undefined

/**
 * CPUs of the quota, rounded to whole ones, at least 1 and at most those of the host.
 * v2: `cpu.max` holds `quota period` or `max period`; v1: `cpu.cfs_quota_us` (-1 is none) and `cpu.cfs_period_us`.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 */
export function cpuQuota(host: number = availableParallelism(), read: ReadGroupFile = readGroupFile): number {
  const quota = quotaV2(read) ?? quotaV1(read)
  // A quota of 1.5 is used up by two threads only in part; one thread would leave a third of it.
  return quota === undefined ? host : Math.min(host, Math.max(1, Math.round(quota)))
}

function quotaV2(read: ReadGroupFile): number | undefined {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(/\s+/)
  return ratio(quota, period)
}

function quotaV1(read: ReadGroupFile): number | undefined {
  for (const folder of ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct']) {
    const quota = ratio(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`))
    if (quota !== undefined) return quota
  }
  return undefined
}

/** Undefined for `max`, -1, and whatever is no pair of positive numbers. */
function ratio(quota: string | undefined, period: string | undefined): number | undefined {
  const value = Number(quota) / Number(period)
  return Number.isFinite(value) && value > 0 ? value : undefined
}

export function readGroupFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
