// Rows whose distribution is known: of every kind of feature that monitoring tells apart, drawn from one seed. What the reference is made
// from and what is then asked are drawn alike, unless a change is wanted.
import type { Random } from '../../src/base/random.ts'
import { makeProfile } from '../../src/monitoring/drift/make-profile.ts'
import { type MonitorPlan, planOf } from '../../src/monitoring/drift/plan.ts'
import type { Profile } from '../../src/monitoring/drift/profile.ts'
import { Reservoir } from '../../src/monitoring/drift/reservoir.ts'
import { Sources } from '../../src/monitoring/drift/sources.ts'
import { featuresOf, type InputRules } from '../../src/schema/features.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'

export type Kind = 'normal' | 'lognormal' | 'zero-inflated' | 'gaps' | 'integer' | 'rare' | 'category'

/** What a model is usually made of. */
const cleanKinds = ['normal', 'lognormal', 'zero-inflated', 'integer', 'rare', 'category'] as const

const zeroShare = 0.7
const missingShare = 0.01
const rareShare = 0.02
const integers = 10
const categories = 50

/** Draws single values. Categories are numbers here, the most frequent first. */
export class Draws {
  readonly random: Random
  #spare: number | undefined

  constructor(random: Random) {
    this.random = random
  }

  /** Box and Muller's. */
  normal(): number {
    const spare = this.#spare
    if (spare !== undefined) {
      this.#spare = undefined
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.random()))
    const angle = 2 * Math.PI * this.random()
    this.#spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  value(kind: Kind): number {
    switch (kind) {
      case 'normal':
        return this.normal()
      case 'lognormal':
        return Math.exp(this.normal())
      case 'zero-inflated':
        return this.random() < zeroShare ? 0 : Math.exp(this.normal())
      case 'gaps':
        return this.random() < missingShare ? Number.NaN : this.normal()
      case 'integer':
        return Math.floor(this.random() * integers)
      case 'rare':
        return this.random() < rareShare ? 1 : 0
      case 'category':
        return zipf[Math.floor(this.random() * zipf.length)]!
    }
  }
}

/** Category k with a share proportional to 1/(k + 1): a table to draw from evenly. */
const zipf = zipfTable(2 ** 16)

function zipfTable(size: number): Uint8Array {
  const weights = Array.from({ length: categories }, (_, category) => 1 / (category + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const table = new Uint8Array(size)
  let [reached, filled] = [0, 0]
  for (const [category, weight] of weights.entries()) {
    reached += weight / total
    const end = category === categories - 1 ? size : Math.round(reached * size)
    table.fill(category, filled, end)
    filled = end
  }
  return table
}

const tensorOf: Readonly<Record<Kind, 'x' | 'codes' | 'words'>> = {
  normal: 'x',
  lognormal: 'x',
  'zero-inflated': 'x',
  gaps: 'x',
  integer: 'codes',
  rare: 'codes',
  category: 'words'
}

/** Makes another value of the one that was drawn. */
export type Change = (value: number, draws: Draws) => number

interface Column {
  readonly name: string
  readonly kind: Kind
}

/** A model's inputs: so many features of each kind, called `normal0`, `normal1`, …. */
export class Stream {
  readonly plans: readonly MonitorPlan[]
  readonly signature: Signature
  readonly rules: Readonly<Record<string, InputRules>>
  readonly #columns: Readonly<Record<'x' | 'codes' | 'words', readonly Column[]>>

  constructor(perKind: number, kinds: readonly Kind[] = cleanKinds) {
    const all = kinds.flatMap(kind =>
      Array.from({ length: perKind }, (_, index) => ({ name: `${kind}${index}`, kind }))
    )
    const of = (tensor: string): Column[] => all.filter(({ kind }) => tensorOf[kind] === tensor)
    this.#columns = { x: of('x'), codes: of('codes'), words: of('words') }
    const { x, codes, words } = this.#columns
    const inputs = [
      { name: 'x', datatype: 'FP32', shape: ['n', x.length] },
      { name: 'codes', datatype: 'INT32', shape: ['n', codes.length] },
      { name: 'words', datatype: 'BYTES', shape: ['n', words.length] }
    ] as const
    this.signature = { inputs: inputs.filter(({ shape }) => shape[1] > 0), outputs: [] }
    this.rules = Object.fromEntries(
      this.signature.inputs.map(({ name }) => [name, { columns: rulesOf(of(name)) }])
    )
    const { features } = featuresOf(this.signature, this.rules)
    this.plans = planOf({ signature: this.signature, features, manifest: { outputs: {} } }, 10_000).monitors
  }

  /** One request; a column whose name has a change is changed. */
  rows(count: number, draws: Draws, changes: Readonly<Record<string, Change>> = {}): NamedTensor[] {
    return this.signature.inputs.map(({ name, datatype }) => {
      const columns = this.#columns[name as 'x']
      const length = count * columns.length
      const data =
        name === 'x'
          ? new Float32Array(length)
          : name === 'codes'
            ? new Int32Array(length)
            : new Array<string>(length)
      for (const [place, { name: column, kind }] of columns.entries()) {
        const change = changes[column]
        for (let at = place; at < length; at += columns.length) {
          const drawn = draws.value(kind)
          const value = change === undefined ? drawn : change(drawn, draws)
          data[at] = Array.isArray(data) ? (words[value] ?? `word ${value}`) : value
        }
      }
      return { name, datatype, shape: [count, columns.length], data }
    })
  }

  /** The profile of so many rows, by the way that `kedge profile` takes. */
  profile(rows: number, draws: Draws): Profile {
    const sources = new Sources(this.plans, { seed: 1 })
    const inputs = this.plans.flatMap(({ role }, index) => (role === 'input' ? [index] : []))
    const sample = new Reservoir(this.plans, inputs, rows, draws.random)
    for (let done = 0; done < rows; done += chunk) {
      const count = Math.min(chunk, rows - done)
      sample.offer(sources, this.rows(count, draws), { first: 0, stride: 1, count })
    }
    return makeProfile(this.plans, sample.columns(), {
      model: 'bench',
      modelVersion: 1,
      modelSha256: '0'.repeat(64),
      createdAt: '2026-01-01T00:00:00.000Z',
      tool: 'kedge bench',
      source: { kind: 'csv', name: 'bench.csv', rows, sampledRows: rows },
      seed: 1
    })
  }
}

const chunk = 1000
const words = Array.from({ length: categories }, (_, category) => `word ${category}`)

function rulesOf(columns: readonly Column[]): NonNullable<InputRules['columns']> {
  return columns.map(({ name, kind }) => ({
    name,
    ...(tensorOf[kind] === 'x' && { type: 'number' as const }),
    ...(kind === 'gaps' && { nullable: true })
  }))
}
