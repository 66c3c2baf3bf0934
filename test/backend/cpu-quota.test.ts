import { availableParallelism } from 'node:os'
import t from 'tap'
import { cpuQuota } from '../../src/backend/cpu-quota.ts'

const v2 = '/sys/fs/cgroup/cpu.max'
const v1 = (folder: string, quota: string, period: string) => ({
  [`/sys/fs/cgroup/${folder}/cpu.cfs_quota_us`]: quota,
  [`/sys/fs/cgroup/${folder}/cpu.cfs_period_us`]: period
})

/** A unit of systemd's. */
const self = { '/proc/self/cgroup': '0::/system.slice/kedge.service\n' }
const unit = '/sys/fs/cgroup/system.slice/kedge.service'

t.test('the CPUs of the control group, at least one and at most those of the host', async t => {
  const host = 8
  const cases: [string, Record<string, string>, number][] = [
    ['no control groups', {}, host],
    ['v2: two', { [v2]: '200000 100000\n' }, 2],
    ['v2: another period', { [v2]: '150000 50000\n' }, 3],
    ['v2: no limit', { [v2]: 'max 100000\n' }, host],
    ['v2: half of one', { [v2]: '50000 100000\n' }, 1],
    ['v2: next to nothing', { [v2]: '1000 100000\n' }, 1],
    ['v2: one and a half', { [v2]: '150000 100000\n' }, 2],
    ['v2: less than one and a half', { [v2]: '149000 100000\n' }, 1],
    ['v2: more than the host has', { [v2]: '6400000 100000\n' }, host],
    ['v2: exactly the host', { [v2]: '800000 100000' }, host],
    ['v2: empty', { [v2]: '' }, host],
    ['v2: blanks', { [v2]: ' \n' }, host],
    ['v2: no period', { [v2]: '200000\n' }, host],
    ['v2: no time at all', { [v2]: '0 100000\n' }, host],
    ['v2: period of zero', { [v2]: '200000 0\n' }, host],
    ['v2: both zero', { [v2]: '0 0\n' }, host],
    ['v2: negative', { [v2]: '-200000 100000\n' }, host],
    ['v2: words', { [v2]: 'two three\n' }, host],
    ['v2: endless', { [v2]: 'Infinity 100000\n' }, host],
    ['v1: two', v1('cpu', '200000\n', '100000\n'), 2],
    ['v1: no limit', v1('cpu', '-1\n', '100000\n'), host],
    ['v1: under its other name', v1('cpu,cpuacct', '300000\n', '100000\n'), 3],
    ['v1: two and a half', v1('cpu', '250000\n', '100000\n'), 3],
    ['v1: nonsense', v1('cpu', 'x\n', '100000\n'), host],
    ['v1: empty', v1('cpu', '', ''), host],
    [
      'v1: the first name has no limit',
      { ...v1('cpu', '-1', '100000'), ...v1('cpu,cpuacct', '400000', '100000') },
      4
    ],
    ['both: v2 counts', { [v2]: '200000 100000', ...v1('cpu', '400000', '100000') }, 2],
    ['both: v2 without a limit leaves it to v1', { [v2]: 'max 100000', ...v1('cpu', '400000', '100000') }, 4],
    ['v2: of a group below the root', { ...self, [`${unit}/cpu.max`]: '200000 100000' }, 2],
    [
      'v2: a group above is tighter',
      {
        ...self,
        [`${unit}/cpu.max`]: '400000 100000',
        '/sys/fs/cgroup/system.slice/cpu.max': '100000 100000'
      },
      1
    ],
    ["v2: another process's group does not count", { [`${unit}/cpu.max`]: '200000 100000' }, host],
    [
      'v1: of a group below the root',
      {
        '/proc/self/cgroup': '4:memory:/m\n3:cpu,cpuacct:/docker/x\n',
        ...v1('cpu,cpuacct/docker/x', '200000', '100000')
      },
      2
    ]
  ]
  for (const [name, files, cpus] of cases)
    t.equal(
      cpuQuota(host, path => files[path]),
      cpus,
      name
    )
  const half = v1('cpu', '200000', '')
  delete half['/sys/fs/cgroup/cpu/cpu.cfs_period_us']
  t.equal(
    cpuQuota(host, path => half[path]),
    host,
    'v1: a quota without a period'
  )
})

t.test('of the machine itself', async t => {
  const cpus = cpuQuota()
  t.ok(Number.isInteger(cpus) && cpus >= 1 && cpus <= availableParallelism(), String(cpus))
})
