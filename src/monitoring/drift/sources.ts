// The values of every monitor of a version, a chunk of rows at a time: made once from the plan, so that reading them looks nothing up.
import { seededRandom } from '../../base/random.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import { copyNumbers, type Pick, rowElements } from './numbers.ts'
import type { PcaResidual } from './pca.ts'
import { type MonitorPlan, projectionCount } from './plan.ts'
import { ChannelStatistics, ClassScores, Projections } from './row-statistics.ts'

/** Rows in one chunk. */
export const chunkRows = 64

/** Values of the picked rows, in the beginning of an array that the next reading may overwrite; undefined where the tensor is not there. */
export type Source =
  | {
      readonly kind: 'numbers'
      read(tensors: readonly NamedTensor[], pick: Pick): Float64Array | undefined
    }
  | {
      readonly kind: 'texts'
      read(tensors: readonly NamedTensor[], pick: Pick): readonly string[] | undefined
    }

export interface SourceOptions {
  /** Of the random projections. */
  readonly seed: number
  /** The residual, and the places of the monitors that it reads. */
  readonly pca?: { readonly residual: PcaResidual; readonly monitors: readonly number[] } | undefined
}

/** Sources in the order of the monitors; undefined for the residual where there is none. Monitors are to be read in their order. */
export class Sources {
  readonly each: readonly (Source | undefined)[]
  readonly #remembering: { forget(): void }[] = []

  constructor(monitors: readonly MonitorPlan[], { seed, pca }: SourceOptions) {
    const shared = new Float64Array(chunkRows)
    // What the residual reads has to stay until it comes to it.
    const kept = new Map(pca?.monitors.map(index => [index, new Float64Array(chunkRows)]))
    const groups = new Map<string, ChannelStatistics | ClassScores | Projections>()
    const group = <T extends ChannelStatistics | ClassScores | Projections>(
      key: string,
      make: () => T
    ): T => {
      const known = groups.get(key) ?? make()
      groups.set(key, known)
      return known as T
    }
    const sourceOf = (monitor: MonitorPlan, index: number): Source | undefined => {
      const { reading, tensor: name } = monitor
      switch (reading.from) {
        case 'column':
          return columnSource(monitor, reading.column, kept.get(index) ?? shared)
        case 'channel': {
          const { layout, channel, statistic } = reading
          const make = (): ChannelStatistics =>
            new ChannelStatistics(chunkRows, layout, channel, channelCount(monitors, name))
          return grouped(name, group(`${name} ${channel}`, make), statistic)
        }
        case 'projection': {
          const make = (): Projections => new Projections(chunkRows, projectionCount, seededRandom(seed))
          return grouped(name, group(`${name} *`, make), String(reading.index))
        }
        case 'classes': {
          const scores = group(`${name} ?`, () => new ClassScores(chunkRows))
          return grouped(name, scores, reading.score)
        }
        case 'pca':
          return pca === undefined ? undefined : residualSource(pca.residual, [...kept.values()])
      }
    }
    this.each = monitors.map(sourceOf)
    this.#remembering.push(...groups.values())
  }

  /** To be called after each request: nothing of it is held any longer. */
  forget(): void {
    for (const group of this.#remembering) group.forget()
  }
}

function channelCount(monitors: readonly MonitorPlan[], tensor: string): number {
  let count = 1
  for (const { tensor: name, reading } of monitors)
    if (name === tensor && reading.from === 'channel') count = Math.max(count, reading.channel + 1)
  return count
}

/** Tensors mostly come in the order of the signature, so the place of the last one is tried first. */
function finder(name: string): (tensors: readonly NamedTensor[]) => NamedTensor | undefined {
  let place = 0
  return tensors => {
    const likely = tensors[place]
    if (likely?.name === name) return likely
    place = tensors.findIndex(tensor => tensor.name === name)
    return place < 0 ? undefined : tensors[place]
  }
}

function columnSource({ tensor: name, datatype }: MonitorPlan, column: number, into: Float64Array): Source {
  const find = finder(name)
  if (datatype === 'BYTES') {
    const texts = new Array<string>(chunkRows).fill('')
    return {
      kind: 'texts',
      read(tensors, { first, stride, count }) {
        const tensor = find(tensors)
        if (tensor === undefined) return undefined
        const width = rowElements(tensor)
        const data = tensor.data as string[]
        for (let index = 0; index < count; index++)
          texts[index] = data[(first + index * stride) * width + column]!
        return texts
      }
    }
  }
  return {
    kind: 'numbers',
    read(tensors, { first, stride, count }) {
      const tensor = find(tensors)
      if (tensor === undefined) return undefined
      const width = rowElements(tensor)
      copyNumbers(tensor, first * width + column, stride * width, count, into)
      return into
    }
  }
}

function grouped(
  name: string,
  statistics: ChannelStatistics | ClassScores | Projections,
  column: string
): Source {
  const find = finder(name)
  const values = (statistics.columns as Readonly<Record<string, Float64Array>>)[column]!
  return {
    kind: 'numbers',
    read(tensors, pick) {
      const tensor = find(tensors)
      if (tensor === undefined) return undefined
      statistics.fill(tensor, pick)
      return values
    }
  }
}

function residualSource(residual: PcaResidual, columns: readonly Float64Array[]): Source {
  const row = new Float64Array(columns.length)
  const into = new Float64Array(chunkRows)
  return {
    kind: 'numbers',
    read(_tensors, { count }) {
      for (let index = 0; index < count; index++) {
        for (let column = 0; column < columns.length; column++) row[column] = columns[column]![index]!
        into[index] = residual.residual(row)
      }
      return into
    }
  }
}
