import t, { type Test } from 'tap'
import type { Scan, ScannedModel, ScannedVersion } from '../../src/repository/scan.ts'
import { type Settled, settle } from '../../src/repository/settle.ts'
import { manifestOf, scannedVersion } from '../helpers/fakes.ts'

const epochMs = Date.UTC(2026, 0, 1)
const stableMs = 2000

/** A version whose model file has this print. */
function v(version: number, print: string, over: Partial<ScannedVersion> & { ageMs?: number } = {}) {
  const { ageMs = 60_000, ...rest } = over
  const prints = { model: print, checks: '', reference: '', manifest: '', changedMs: epochMs - ageMs }
  return scannedVersion(version, { prints, ...rest })
}

function m(versions: readonly ScannedVersion[], over: Partial<ScannedModel> = {}): ScannedModel {
  return { name: 'm', manifest: manifestOf(), problems: [], versions, ...over }
}

function scan(models: readonly ScannedModel[], warnings: readonly string[] = []): Scan {
  return { models, warnings, pending: [] }
}

/** `2:b 1:a` for each model, its problems behind a `!`. */
function shown({ scan }: Settled): string {
  return scan.models
    .map(({ name, versions, problems }) => {
      const list = versions.map(({ version, prints }) => `${version}:${prints.model}`)
      return [`${name}${problems.length > 0 ? '!' : ''}`, ...list].join(' ')
    })
    .join(', ')
}

function waiting({ scan }: Settled): string {
  return scan.pending.map(({ version }) => String(version ?? 'model')).join(' ')
}

/** Looks one after the other, each at its time; what is emitted and what waits after each. */
function looks(
  t: Test,
  name: string,
  steps: readonly (readonly [atMs: number, found: Scan, emitted: string, pending: string])[],
  stable = stableMs
): Settled {
  let settled: Settled | undefined
  for (const [atMs, found, emitted, pending] of steps) {
    const times = { stableMs: stable, startedMs: atMs, endedMs: atMs, epochMs: epochMs + atMs }
    settled = settle(settled, found, times)
    t.equal(shown(settled), emitted, `${name}, after ${atMs} ms`)
    t.equal(waiting(settled), pending, `${name}, waiting after ${atMs} ms`)
  }
  return settled!
}

const a = scan([m([v(1, 'a')])])
const none = scan([])

t.test('at the first look, what has been left alone is taken at once', async t => {
  looks(t, 'old', [[0, a, 'm 1:a', '']])
  looks(t, 'just old enough', [[0, scan([m([v(1, 'a', { ageMs: stableMs })])]), 'm 1:a', '']])
  const young = scan([m([v(1, 'a', { ageMs: stableMs - 1 })])])
  looks(t, 'young', [
    [0, young, '', '1 model'],
    [1999, young, '', '1 model'],
    [2000, young, 'm 1:a', '']
  ])
  const future = scan([m([v(1, 'a', { ageMs: -1e9 })])])
  looks(t, 'from the future', [
    [0, future, '', '1 model'],
    [2000, future, 'm 1:a', '']
  ])
  const both = scan([m([v(2, 'b', { ageMs: 0 }), v(1, 'a')])])
  looks(t, 'one of two', [
    [0, both, 'm 1:a', '2'],
    [2000, both, 'm 2:b 1:a', '']
  ])
  looks(t, 'a model without versions', [[0, scan([m([], { problems: ['no version'] })]), 'm!', '']])
  looks(t, 'nothing', [[0, none, '', '']])
})

t.test('what comes later has to stay the same, whatever its age', async t => {
  const b = scan([m([v(2, 'b'), v(1, 'a')])])
  const grown = scan([m([v(2, 'bb'), v(1, 'a')])])
  looks(t, 'a new version', [
    [0, a, 'm 1:a', ''],
    [5000, b, 'm 1:a', '2'],
    [6999, b, 'm 1:a', '2'],
    [7000, b, 'm 2:b 1:a', '']
  ])
  looks(t, 'one that grows', [
    [0, a, 'm 1:a', ''],
    [5000, b, 'm 1:a', '2'],
    [6000, grown, 'm 1:a', '2'],
    [7999, grown, 'm 1:a', '2'],
    [8000, grown, 'm 2:bb 1:a', '']
  ])
  looks(t, 'one that goes back and forth', [
    [0, a, 'm 1:a', ''],
    [5000, b, 'm 1:a', '2'],
    [6000, grown, 'm 1:a', '2'],
    [7500, b, 'm 1:a', '2'],
    [9400, b, 'm 1:a', '2'],
    [9500, b, 'm 2:b 1:a', '']
  ])
  looks(t, 'one that came and went', [
    [0, a, 'm 1:a', ''],
    [5000, b, 'm 1:a', '2'],
    [6000, a, 'm 1:a', ''],
    [6500, b, 'm 1:a', '2'],
    [7500, b, 'm 1:a', '2'],
    [8500, b, 'm 2:b 1:a', '']
  ])
})

t.test('changes, removals and returns', async t => {
  const changed = scan([m([v(1, 'z')])])
  looks(t, 'changed in place', [
    [0, a, 'm 1:a', ''],
    [5000, changed, 'm 1:a', '1'],
    [7000, changed, 'm 1:z', '']
  ])
  looks(t, 'gone', [
    [0, a, 'm 1:a', ''],
    [5000, none, 'm 1:a', '1 model'],
    [6999, none, 'm 1:a', '1 model'],
    [7000, none, '', '']
  ])
  looks(t, 'gone and back', [
    [0, a, 'm 1:a', ''],
    [5000, none, 'm 1:a', '1 model'],
    [6999, a, 'm 1:a', '']
  ])
  const two = scan([m([v(2, 'b'), v(1, 'a')])])
  looks(t, 'one version gone', [
    [0, two, 'm 2:b 1:a', ''],
    [5000, scan([m([v(2, 'b')])]), 'm 2:b 1:a', '1'],
    [7000, scan([m([v(2, 'b')])]), 'm 2:b', '']
  ])
  looks(t, 'all versions gone one after the other, then the model', [
    [0, two, 'm 2:b 1:a', ''],
    [5000, a, 'm 2:b 1:a', '2'],
    [6000, none, 'm 2:b 1:a', '2 1 model'],
    [7000, none, 'm 1:a', '1 model'],
    [8000, none, '', '']
  ])
})

t.test('a new model comes with the first of its versions', async t => {
  const bare = scan([m([], { problems: ['no version'] })])
  looks(t, 'folder, version, file', [
    [0, none, '', ''],
    [1000, bare, '', 'model'],
    [1500, scan([m([v(1, '', { problems: ['missing'] })])]), '', '1 model'],
    [2000, a, '', '1 model'],
    [3500, a, '', '1 model'],
    [4000, a, 'm 1:a', '']
  ])
  looks(t, 'a folder that stays empty', [
    [0, none, '', ''],
    [1000, bare, '', 'model'],
    [3000, bare, 'm!', ''],
    [4000, a, 'm!', '1 model'],
    [6000, a, 'm 1:a', '']
  ])
  const settled = looks(t, 'a model is not waited for, its version is', [
    [0, none, '', ''],
    [1000, a, '', '1 model'],
    [2500, scan([m([v(1, 'b')])]), '', '1 model'],
    [3000, scan([m([v(1, 'b')])]), '', '1 model']
  ])
  t.equal(settled.nextMs, 4500)
})

t.test("a model's own file", async t => {
  const edited = (timeoutMs: number): Scan => scan([m([v(1, 'a')], { manifest: manifestOf({ timeoutMs }) })])
  const settled = looks(t, 'edited', [
    [0, a, 'm 1:a', ''],
    [5000, edited(5), 'm 1:a', 'model'],
    [6000, edited(6), 'm 1:a', 'model'],
    [7000, edited(6), 'm 1:a', 'model'],
    [8000, edited(6), 'm 1:a', '']
  ])
  t.equal(settled.scan.models[0]?.manifest?.timeoutMs, 6)
  const broken = scan([m([v(1, 'a')], { manifest: undefined, problems: ['m/model.yaml: no'] })])
  looks(t, 'broken', [
    [0, a, 'm 1:a', ''],
    [5000, broken, 'm 1:a', 'model'],
    [7000, broken, 'm! 1:a', '']
  ])
})

t.test('everything that tells two versions apart counts, and nothing else', async t => {
  const base = v(1, 'a')
  const prints = (part: object): Partial<ScannedVersion> => ({ prints: { ...base.prints, ...part } })
  const cases: [name: string, over: Partial<ScannedVersion>, differs: boolean][] = [
    ['the checks', prints({ checks: 'x' }), true],
    ['the reference', prints({ reference: 'x' }), true],
    ['the manifest', prints({ manifest: 'x' }), true],
    ['the time alone', prints({ changedMs: 1 }), false],
    ['an equal manifest', { manifest: manifestOf() }, false],
    ['another manifest', { manifest: manifestOf({ timeoutMs: 5 }) }, true],
    ['a problem', { problems: ['x'] }, true],
    ['another repository', { root: '/elsewhere' }, true],
    ['another folder', { folder: 'x' }, true],
    ['another file', { file: 'x' }, true]
  ]
  for (const [name, over, differs] of cases) {
    const times = { stableMs, startedMs: 0, endedMs: 0, epochMs }
    const first = settle(undefined, scan([m([base])]), times)
    const next = settle(first, scan([m([{ ...base, ...over }])]), times)
    t.equal(waiting(next), differs ? '1' : '', name)
    t.equal(next.scan === first.scan, !differs, name)
  }
})

t.test('without a stability window everything is taken at once', async t => {
  const future = scan([m([v(1, 'a', { ageMs: -1e9 })])])
  looks(
    t,
    'at once',
    [
      [0, future, 'm 1:a', ''],
      [1, scan([m([v(1, 'b')])]), 'm 1:b', ''],
      [2, none, '', '']
    ],
    0
  )
})

t.test('without a stability window a look may take as long as it likes', async t => {
  const times = { stableMs: 0, startedMs: 0, endedMs: 500, epochMs }
  const first = settle(undefined, a, times)
  t.equal(shown(settle(first, scan([m([v(1, 'b')])]), times)), 'm 1:b')
})

t.test('only the monotonic clock counts after the first look', async t => {
  const at = (ms: number, clockMs: number) => ({
    stableMs,
    startedMs: ms,
    endedMs: ms,
    epochMs: epochMs + clockMs
  })
  const changed = scan([m([v(1, 'z')])])
  for (const jumpMs of [1e9, -1e9]) {
    const first = settle(undefined, a, at(0, 0))
    const second = settle(first, changed, at(1000, jumpMs))
    t.equal(shown(second), 'm 1:a')
    t.equal(shown(settle(second, changed, at(2999, jumpMs))), 'm 1:a')
    t.equal(shown(settle(second, changed, at(3000, -jumpMs))), 'm 1:z')
  }
})

t.test('a look that takes long proves nothing about the time that it took', async t => {
  const changed = scan([m([v(1, 'z')])])
  const at = (startedMs: number, endedMs: number) => ({ stableMs, startedMs, endedMs, epochMs })
  const first = settle(undefined, a, at(0, 0))
  // The file may have been seen when the look began or when it ended.
  const second = settle(first, changed, at(1000, 9000))
  t.equal(second.nextMs, 11_000)
  t.equal(shown(settle(second, changed, at(9001, 20_000))), 'm 1:a')
  t.equal(shown(settle(second, changed, at(11_000, 11_000))), 'm 1:z')
})

t.test('warnings are passed on at once', async t => {
  const times = { stableMs, startedMs: 0, endedMs: 0, epochMs }
  const first = settle(undefined, scan(a.models, ['odd folder']), times)
  t.strictSame(first.scan.warnings, ['odd folder'])
  const next = settle(first, scan(a.models, []), times)
  t.strictSame(next.scan.warnings, [])
  t.equal(next.scan.models[0], first.scan.models[0], 'and the model is the same object')
  t.equal(next.nextMs, undefined)
})

t.test('models are in the order of their names, versions from the highest', async t => {
  const times = { stableMs: 0, startedMs: 0, endedMs: 0, epochMs }
  const named = (name: string, ...numbers: number[]): ScannedModel =>
    m(
      numbers.map(number => v(number, 'x')),
      { name }
    )
  const first = settle(undefined, scan([named('b', 2), named('c', 1)]), times)
  const next = settle(first, scan([named('a', 10, 9), named('b', 10, 2)]), times)
  t.equal(shown(next), 'a 10:x 9:x, b 10:x 2:x')
})
