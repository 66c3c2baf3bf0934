import t from 'tap'
import type { Profile } from '../../../src/monitoring/drift/profile.ts'
import { profileId, readProfile } from '../../../src/monitoring/drift/profile-file.ts'
import { digest, normalProfile, numericPlans } from '../../helpers/drift-world.ts'

const plans = numericPlans(3)
const profile = normalProfile(plans, 400)
const target = { modelSha256: digest, monitors: plans }

/** A plain copy that a test may spoil. */
type Loose = { [key: string]: unknown; monitors: { [key: string]: unknown }[] }
const copy = (): Loose => JSON.parse(JSON.stringify(profile)) as Loose

t.test('what was made is read back as it was, whatever the layout of the file', async t => {
  const text = JSON.stringify(profile)
  const read = readProfile(text, target)
  t.ok('profile' in read)
  if (!('profile' in read)) return
  t.strictSame(JSON.parse(JSON.stringify(read.profile)), JSON.parse(text))
  const reversed = Object.fromEntries(Object.entries(copy()).reverse()) as unknown as Profile
  t.equal(profileId(reversed), profileId(profile), 'the id does not depend on the order of keys')
  t.not(profileId({ ...profile, seed: 2 }), profileId(profile))
})

t.test('a profile that does not fit is refused, with every reason', async t => {
  const first = (change: object) => (file: Loose) => void Object.assign(file.monitors[0]!, change)
  const whole = (change: object) => (file: Loose) => void Object.assign(file, change)
  const count = (place: number, value: number) => (file: Loose) =>
    void (file.monitors[0]!['counts'] as number[]).splice(place, 1, value)
  const cases: [name: string, spoil: (file: Loose) => void, problem: RegExp][] = [
    [
      "another model's",
      whole({ modelSha256: 'cd'.repeat(32) }),
      /made for another model: expected the digest abababababab…, got cdcdcdcdcdcd…/
    ],
    ['another feature', first({ name: 'age' }), /monitor "age": the model has nothing of that name/],
    ['a feature less', file => void file.monitors.shift(), /nothing about 'f0'/],
    ['a feature twice', file => void file.monitors.push(file.monitors[0]!), /monitor "f0" is there twice/],
    ['odd names', first({ name: '__proto__' }), /monitor "__proto__": the model has nothing of that name/],
    [
      'falling edges',
      file => void (file.monitors[0]!['edges'] as number[]).reverse(),
      /monitor "f0": expected rising edges, got \S+ after \S+/
    ],
    [
      'too few counts',
      file => void (file.monitors[0]!['counts'] as number[]).pop(),
      /monitor "f0": expected 20 counts for 19 edges, got 19/
    ],
    ['negative counts', count(3, -1), /monitors\.0\.counts\.3: expected a count from 0, got -1/],
    [
      'counts that do not add up',
      first({ rows: 7 }),
      /monitor "f0": expected bins, missing, nan and infinite to add up to 7 rows, got 400/
    ],
    [
      'no rows',
      first({ rows: 0, counts: new Array<number>(20).fill(0) }),
      /monitor "f0": expected rows, got 0/
    ],
    ['no monitors', whole({ monitors: [] }), /monitors: expected at least one monitor/],
    ['NaN', first({ mean: null }), /monitors\.0\.mean: expected a finite number, got null/],
    ['another kind', first({ kind: 'fuzzy' }), /monitors\.0\.kind: /],
    ['unknown keys', whole({ extra: 1 }), /^the file: no such key: 'extra'$/],
    ['another schema', whole({ schema: 2 }), /schema: expected 1, got 2/],
    [
      'no digest',
      whole({ modelSha256: 'sha' }),
      /modelSha256: expected a SHA-256 digest in hexadecimal, got "sha"/
    ],
    [
      'many bins',
      first({ counts: new Array<number>(1_000_000).fill(0) }),
      /monitors\.0\.counts: expected at most 100 bins/
    ],
    [
      'a residual without its monitor',
      file => void file.monitors.pop(),
      /expected both or neither of pca and the monitor derived:pca_residual/
    ],
    [
      'a residual of what is no number',
      file => void Object.assign(file['pca'] as object, { features: ['f0', 'f0', 'output:y'] }),
      /pca: 'output:y' is no number of an input\npca: expected each feature once|pca: "output:y" is no number of an input/
    ],
    [
      'components of another width',
      file => void Object.assign(file['pca'] as object, { mean: [1] }),
      /pca: expected a mean, a scale and components of 3 numbers/
    ]
  ]
  for (const [name, spoil, problem] of cases) {
    const file = copy()
    spoil(file)
    const read = readProfile(JSON.stringify(file), target)
    t.match('problems' in read ? read.problems.join('\n') : 'accepted', problem, name)
  }
  for (const text of ['', '{"schema":1', 'null', '[]', '7', '"x"']) {
    const read = readProfile(text, target)
    t.ok('problems' in read && read.problems.length > 0, text)
  }
})

t.test('a file with a thousand mistakes has a list that people can read', async t => {
  const file = copy()
  file.monitors = Array.from({ length: 1000 }, (_, index) => ({ ...file.monitors[0], name: `x${index}` }))
  const read = readProfile(JSON.stringify(file), target)
  t.ok('problems' in read && read.problems.length === 17 && /more problems$/.test(read.problems.at(-1)!))
})
