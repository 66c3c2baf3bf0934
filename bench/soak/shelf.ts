// The folder of one model whose versions come, change and go at random, good ones and broken ones, and which of them has to serve.

import { type Random, randomBelow } from '../../src/base/random.ts'
import { broken, type Content, type Files, good } from '../../test/helpers/releases/content.ts'
import type { ModelFolder } from '../../test/helpers/releases/model-folder.ts'
import type { Prediction } from '../../test/helpers/releases/prediction.ts'

/** Slow enough for a kill and a start in between, with pauses below the stability window. */
const growing = { pieceBytes: 64, pauseMs: 20 }
/** Versions that lie there besides the new one: enough for one to be good and untouched whatever happens to the highest. */
const keptGood = 2

export class Shelf {
  readonly model: string
  readonly #folder: ModelFolder
  /** What lies there; undefined where it must not serve. */
  readonly #versions = new Map<number, Content | undefined>()
  /** Contents by version that lay there before the last change or lie there now. */
  #possible: readonly Prediction[] = []
  #highest = 0
  #nextAdds = 1

  constructor(model: string, folder: ModelFolder) {
    this.model = model
    this.#folder = folder
  }

  /** The version that has to serve once everything has settled, and what it adds. */
  get expected(): Prediction {
    const [newest] = this.#good()
    if (newest === undefined) throw new Error(`expected a good version of ${this.model} to lie there`)
    return newest
  }

  /** Whether an answer may come from this: a good version that lies there, or lay there before the last change. */
  mayServe({ version, adds }: Prediction): boolean {
    return this.#possible.some(one => one.version === version && one.adds === adds)
  }

  /** Two good versions to begin with. */
  async fill(): Promise<void> {
    for (let version = 1; version <= keptGood; version++) await this.#add(this.#content())
    this.#possible = this.#good()
  }

  /** Begins one change of the folder and says which. The change is complete when `done` settles. */
  change(random: Random): { readonly what: string; readonly done: Promise<void> } {
    this.#possible = this.#good()
    const changes: Readonly<Record<string, () => Promise<void>>> = {
      copied: () => this.#add(this.#content()),
      grown: () => this.#write(++this.#highest, this.#content()),
      overwritten: () => this.#write(this.expected.version, this.#content()),
      exchanged: () => this.#exchange(this.expected.version, this.#content()),
      broken: () => this.#spoil(++this.#highest, random),
      spoilt: () => this.#spoil(this.expected.version, random),
      withdrawn: () => this.#remove(this.expected.version)
    }
    // Versions that were spoilt or withdrawn are made up for first.
    const few = ['copied', 'grown', 'broken']
    const names = this.#good().length < keptGood ? few : Object.keys(changes)
    const what = names[randomBelow(names.length, random)]!
    const done = changes[what]!()
    this.#possible = [...this.#possible, ...this.#good()]
    return { what, done }
  }

  /** Removes what no change needs: broken versions, and good ones beyond those that are kept. */
  async tidy(): Promise<void> {
    const kept = this.#good().slice(0, keptGood)
    for (const version of [...this.#versions.keys()])
      if (!kept.some(one => one.version === version)) await this.#remove(version)
  }

  #good(): Prediction[] {
    const found = [...this.#versions].flatMap(([version, content]) =>
      content === undefined ? [] : [{ version, adds: content.adds }]
    )
    return found.sort((a, b) => b.version - a.version)
  }

  /** Never the one before, so that an answer tells which it is; few enough for the server to know them all. */
  #content(): Content {
    this.#nextAdds = (this.#nextAdds % 5) + 1
    return good(this.#nextAdds)
  }

  #add(content: Content): Promise<void> {
    const version = ++this.#highest
    this.#versions.set(version, content)
    return this.#folder.copyIn(version, content.files)
  }

  #write(version: number, content: Content): Promise<void> {
    this.#versions.set(version, content)
    return this.#folder.write(version, content.files, growing)
  }

  #exchange(version: number, content: Content): Promise<void> {
    this.#versions.set(version, content)
    return this.#folder.exchange(version, content.files)
  }

  #spoil(version: number, random: Random): Promise<void> {
    this.#versions.set(version, undefined)
    const kinds = broken(this.#nextAdds)
    const files: Files = kinds[randomBelow(kinds.length, random)]!.files
    return this.#folder.write(version, files, growing)
  }

  #remove(version: number): Promise<void> {
    this.#versions.delete(version)
    return this.#folder.remove(version)
  }
}
