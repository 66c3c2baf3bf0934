import fc from 'fast-check'
import t from 'tap'
import type { VersionPolicy } from '../../src/repository/manifest.ts'
import { desiredVersions, missingVersions, type Standing } from '../../src/repository/version-policy.ts'

const latest = (count: number): VersionPolicy => ({ policy: 'latest', count })
const specific = (...versions: number[]): VersionPolicy => ({ policy: 'specific', versions })
const all: VersionPolicy = { policy: 'all' }

/** `'1 2r 3f'`: version 1 untried, 2 ready, 3 failed. */
function standings(text: string): Map<number, Standing> {
  const entries = text.split(' ').filter(Boolean)
  return new Map(
    entries.map(entry => [
      Number.parseInt(entry, 10),
      entry.endsWith('f') ? 'failed' : entry.endsWith('r') ? 'ready' : 'untried'
    ])
  )
}

t.test('which versions are wanted', async t => {
  const cases: [
    policy: VersionPolicy,
    labels: Record<string, number>,
    standings: string,
    wanted: number[]
  ][] = [
    [latest(1), {}, '', []],
    [latest(1), {}, '1 3 2', [3]],
    [latest(2), {}, '1 3 2', [3, 2]],
    [latest(9), {}, '1 2', [2, 1]],
    [latest(1), {}, '1r 2', [2]],
    [latest(1), {}, '1r 2f', [1]],
    [latest(1), {}, '1 2 3f', [2]],
    [latest(2), {}, '1r 2f 3r 4f', [3, 1]],
    [latest(1), {}, '1f 2f', []],
    [latest(1), {}, '9 10', [10]],
    [all, {}, '2 1f 3r', [3, 2]],
    [specific(1, 3), {}, '1 2 3', [3, 1]],
    [specific(1, 3), {}, '1 3f 2', [1]],
    [specific(7), {}, '1', []],
    [specific(1, 1), {}, '1', [1]],
    [latest(1), { stable: 1 }, '1 2 3', [3, 1]],
    [latest(1), { stable: 3 }, '1 2 3', [3]],
    [latest(1), { stable: 1, old: 1 }, '1 2', [2, 1]],
    [latest(1), { stable: 1 }, '1f 2', [2]],
    [latest(1), { stable: 9 }, '1', [1]],
    [specific(2), { stable: 1 }, '1 2 3', [2, 1]]
  ]
  for (const [policy, labels, text, wanted] of cases) {
    const name = `${JSON.stringify(policy)} ${JSON.stringify(labels)} of ${text}`
    t.strictSame(desiredVersions(policy, labels, standings(text)), wanted, name)
  }
})

t.test('which versions are named but not there', async t => {
  t.strictSame(missingVersions(latest(5), {}, new Set([1])), [])
  t.strictSame(missingVersions(all, {}, new Set()), [])
  t.strictSame(missingVersions(specific(3, 1, 2), {}, new Set([2])), [1, 3])
  t.strictSame(missingVersions(specific(10, 9), { a: 9, b: 2 }, new Set([10])), [2, 9])
  t.strictSame(missingVersions(latest(1), { a: 4, b: 4 }, new Set([1])), [4])
})

const version = fc.integer({ min: 1, max: 12 })
const anyPolicy = fc.oneof(
  fc.integer({ min: 1, max: 5 }).map(latest),
  fc.constant(all),
  fc.array(version, { minLength: 1, maxLength: 5 }).map(versions => specific(...versions))
)
const anyLabels = fc.dictionary(fc.constantFrom('stable', 'candidate', 'old'), version)
const anyStandings = fc
  .array(fc.tuple(version, fc.constantFrom<Standing>('untried', 'ready', 'failed')), { maxLength: 12 })
  .map(entries => new Map(entries))

t.test(
  'whatever the policy: only usable versions, highest first, each once, labelled ones always',
  async t => {
    fc.assert(
      fc.property(anyPolicy, anyLabels, anyStandings, (policy, labels, standings) => {
        const wanted = desiredVersions(policy, labels, standings)
        const usable = (version: number): boolean =>
          standings.has(version) && standings.get(version) !== 'failed'
        t.ok(wanted.every(usable))
        t.ok(wanted.every((version, index) => index === 0 || version < wanted[index - 1]!))
        t.ok(Object.values(labels).every(version => wanted.includes(version) === usable(version)))
      })
    )
  }
)

t.test('a version that fails costs no other its place, and makes room for at most one', async t => {
  fc.assert(
    fc.property(anyPolicy, anyLabels, anyStandings, version, (policy, labels, standings, failing) => {
      const before = desiredVersions(policy, labels, standings)
      const after = desiredVersions(policy, labels, new Map(standings).set(failing, 'failed'))
      t.strictSame(
        before.filter(version => version !== failing && !after.includes(version)),
        []
      )
      t.ok(after.filter(version => !before.includes(version)).length <= 1)
    })
  )
})

t.test('latest(n) without labels is n versions, as long as there are so many', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), anyStandings, (count, standings) => {
      const usable = [...standings.values()].filter(standing => standing !== 'failed').length
      t.equal(desiredVersions(latest(count), {}, standings).length, Math.min(count, usable))
    })
  )
})
