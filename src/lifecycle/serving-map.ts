// What requests may reach: ready versions by model, in one immutable map that is replaced whole. Look-ups never wait for loads.
import type { Holds } from './handle.ts'
import { type LabelMove, labelMoves, resolveLabels } from './labels.ts'
import type { ManagedModel, Revision } from './managed-model.ts'

export interface ServedModel {
  readonly versions: ReadonlyMap<number, Holds>
  /** The version that each label means right now. */
  readonly labels: ReadonlyMap<string, Holds>
  /** The version that answers when none is asked for: the one labelled `stable`, else the highest ready one. */
  readonly standard: Holds
}

/** The label whose version answers when none is asked for. */
export const standardLabel = 'stable'

const noVersions: ReadonlyMap<number, Holds> = new Map()

export class ServingTable {
  #models: ReadonlyMap<string, ServedModel> = new Map()

  served(model: string): ServedModel | undefined {
    return this.#models.get(model)
  }

  /** Names of the models that answer right now. */
  servedModels(): string[] {
    return [...this.#models.keys()]
  }

  /** Every version that answers right now. */
  everyServed(): Holds[] {
    return [...this.#models.values()].flatMap(({ versions }) => [...versions.values()])
  }

  /** Makes reachable the versions of a model that are ready, and `arriving`, which is about to be. Returns the labels that moved. */
  publish(model: ManagedModel, arriving?: Revision): LabelMove[] {
    const versions = reachable(model, arriving)
    const wanted = model.manifest?.labels ?? {}
    const labelled = resolveLabels(wanted, model.labelled, version => versions.has(version))
    const moves = labelMoves(model.labelled, labelled)
    model.labelled = labelled
    const now = this.#models.get(model.name)
    if (moves.length === 0 && sameVersions(now?.versions ?? noVersions, versions)) return moves
    const copy = new Map(this.#models)
    const labels = new Map([...labelled].map(([label, version]) => [label, versions.get(version)!] as const))
    const standard = labels.get(standardLabel) ?? versions.get(Math.max(...versions.keys()))
    if (standard === undefined) copy.delete(model.name)
    else copy.set(model.name, { versions, labels, standard })
    this.#models = copy
    return moves
  }
}

function reachable({ versions }: ManagedModel, arriving: Revision | undefined): Map<number, Holds> {
  const found = new Map<number, Holds>()
  for (const { version, revision } of versions.values())
    if (revision.holds !== undefined && (revision.state === 'ready' || revision === arriving))
      found.set(version, revision.holds)
  return found
}

function sameVersions(a: ReadonlyMap<number, Holds>, b: ReadonlyMap<number, Holds>): boolean {
  return a.size === b.size && [...a].every(([version, holds]) => b.get(version) === holds)
}
