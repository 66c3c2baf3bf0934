import { totalmem } from 'node:os'
import t from 'tap'
import { memoryState } from '../../src/backend/memory-limit.ts'

const MiB = 2 ** 20
const hostBytes = 8192 * MiB
const rssBytes = 100 * MiB
/** What version 1 writes where there is no limit. */
const none = '9223372036854771712\n'

type Files = Readonly<Record<string, string>>

/** The files of a group of version 2 at `path`. */
function v2(path: string, limit: string, current?: number, inactive?: number): Files {
  const folder = `/sys/fs/cgroup${path}`
  return {
    [`${folder}/memory.max`]: limit,
    ...(current === undefined ? {} : { [`${folder}/memory.current`]: `${current}\n` }),
    ...(inactive === undefined ? {} : { [`${folder}/memory.stat`]: `anon 5\ninactive_file ${inactive}\n` })
  }
}

function v1(path: string, limit: string, usage?: number, inactive?: number): Files {
  const folder = `/sys/fs/cgroup/memory${path}`
  const stat = `inactive_file 1\ntotal_inactive_file ${inactive}\n`
  return {
    [`${folder}/memory.limit_in_bytes`]: limit,
    ...(usage === undefined ? {} : { [`${folder}/memory.usage_in_bytes`]: `${usage}\n` }),
    ...(inactive === undefined ? {} : { [`${folder}/memory.stat`]: stat })
  }
}

const group = (lines: string): Files => ({ '/proc/self/cgroup': lines })
const meminfo = (availableKiB: number): Files => ({
  '/proc/meminfo': `MemTotal:  8388608 kB\nMemAvailable: ${availableKiB} kB\n`
})
const GiB = String(1024 * MiB)

t.test('what is granted and what of it is used', async t => {
  const machine = [hostBytes, rssBytes] as const
  const cases: [string, Files, readonly [limitBytes: number, usedBytes: number]][] = [
    ['nothing to read', {}, machine],
    ['the machine, which others use too', meminfo(6 * MiB), [hostBytes, 2048 * MiB]],
    ['a machine that says nonsense', { '/proc/meminfo': 'MemAvailable: much\n' }, machine],
    ['more available than there is', meminfo(9 * MiB), [hostBytes, 0]],
    ['v2: no limit', v2('', 'max\n', 5), machine],
    [
      'v2: no limit counts the machine',
      { ...v2('', 'max\n', 5), ...meminfo(7 * MiB) },
      [hostBytes, 1024 * MiB]
    ],
    ['v2: a limit', v2('', `${GiB}\n`, 300 * MiB, 100 * MiB), [1024 * MiB, 200 * MiB]],
    ['v2: no statistics', v2('', GiB, 300 * MiB), [1024 * MiB, 300 * MiB]],
    ['v2: caches beyond the use', v2('', GiB, 5, 9), [1024 * MiB, 0]],
    ['v2: no count', v2('', GiB), [1024 * MiB, rssBytes]],
    ['v2: beyond the machine', v2('', `${2 * hostBytes}`, 5), machine],
    ['v2: nonsense', v2('', 'much\n', 5), machine],
    ['v2: empty', v2('', '', 5), machine],
    ['v2: negative', v2('', '-1', 5), machine],
    [
      'v2: its own group below the root',
      { ...group('0::/system.slice/kedge.service\n'), ...v2('/system.slice/kedge.service', GiB, 7) },
      [1024 * MiB, 7]
    ],
    [
      'v2: the group above grants less, and counts its other members',
      { ...group('0::/a/b\n'), ...v2('/a/b', GiB, 7), ...v2('/a', `${512 * MiB}`, 9) },
      [512 * MiB, 9]
    ],
    [
      'v2: the group above grants more',
      { ...group('0::/a/b\n'), ...v2('/a/b', GiB, 7), ...v2('/a', `${2048 * MiB}`, 9) },
      [1024 * MiB, 7]
    ],
    [
      'v2: a group that cannot be seen from inside of a container',
      { ...group('0::/docker/abc\n'), ...v2('', GiB, 7) },
      [1024 * MiB, 7]
    ],
    ['v1: no limit', v1('', none, 5), machine],
    ['v1: a limit', v1('', `${GiB}\n`, 300 * MiB, 100 * MiB), [1024 * MiB, 200 * MiB]],
    [
      'v1: its own group, among other controllers',
      {
        ...group('5:cpu,cpuacct:/x\n4:hugetlb,memory:/docker/abc\n0::/\n'),
        ...v1('/docker/abc', GiB, 7),
        ...v1('', none, 9)
      },
      [1024 * MiB, 7]
    ],
    [
      'v1: another controller that only sounds like it',
      { ...group('4:memory2:/a\n'), ...v1('/a', GiB, 7) },
      machine
    ],
    ['both: the tighter one', { ...v2('', GiB, 7), ...v1('', `${512 * MiB}`, 9) }, [512 * MiB, 9]]
  ]
  for (const [name, files, [limitBytes, usedBytes]] of cases)
    t.strictSame(
      memoryState(hostBytes, rssBytes, path => files[path]),
      { limitBytes, usedBytes },
      name
    )
})

t.test('of the machine itself', async t => {
  const { limitBytes, usedBytes } = memoryState()
  t.ok(limitBytes > 0 && limitBytes <= totalmem(), String(limitBytes))
  t.ok(usedBytes > 0 && Number.isInteger(usedBytes), String(usedBytes))
})
