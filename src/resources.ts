// What the control group or the machine grants, and what the defaults make of it: a line at the start for whoever wonders later.
import { availableParallelism, totalmem } from 'node:os'
import { cpuQuota } from './backend/cpu-quota.ts'
import { memoryState } from './backend/memory-limit.ts'
import { formatByteSize } from './base/byte-size.ts'
import type { Settings } from './config/schema.ts'
import { modelMemoryBytes } from './lifecycle/memory-budget.ts'
import { instancePlan } from './lifecycle/placement.ts'

export interface Granted {
  /** Whole CPUs that are used. */
  readonly cpus: number
  readonly hostCpus: number
  readonly memoryBytes: number
  readonly hostMemoryBytes: number
}

/** Of this process, now. */
export function granted(): Granted {
  return {
    cpus: cpuQuota(),
    hostCpus: availableParallelism(),
    memoryBytes: memoryState().limitBytes,
    hostMemoryBytes: totalmem()
  }
}

/** For the log: figures, and the same in words. */
export function resourceLine(
  { cpus, hostCpus, memoryBytes, hostMemoryBytes }: Granted,
  { lifecycle: { instancesMax, memoryBytesMax } }: Pick<Settings, 'lifecycle'>
): { readonly facts: object; readonly message: string } {
  const { count, threads } = instancePlan({ count: 'auto', threads: 'auto' }, cpus)
  const modelBytes = modelMemoryBytes(memoryBytesMax, memoryBytes)
  const ofHost = (isLess: boolean, host: string): string => (isLess ? ` of the host's ${host}` : '')
  const seen = [
    `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}${ofHost(cpus < hostCpus, String(hostCpus))}`,
    `${formatByteSize(memoryBytes)} of memory${ofHost(memoryBytes < hostMemoryBytes, formatByteSize(hostMemoryBytes))}`
  ]
  const chosen = `a model runs in ${count} instance of ${threads} ${threads === 1 ? 'thread' : 'threads'} unless it says otherwise`
  return {
    facts: {
      cpus,
      hostCpus,
      memoryBytes,
      hostMemoryBytes,
      instancesPerModel: count,
      threadsPerInstance: threads,
      instancesMax,
      modelMemoryBytes: modelBytes
    },
    message: `granted ${seen.join(' and ')}: ${chosen}, all models take ${formatByteSize(modelBytes)} at most`
  }
}
