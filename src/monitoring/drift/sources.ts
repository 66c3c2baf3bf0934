// The values of every monitor of a version, a chunk of rows at a time: made once from the plan, so that reading them looks nothing up.
import { seededRandom } from '../../base/random.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import { copyNumbers, type Pick, rowElements } from './numbers.ts'
import { type MonitorPlan, projectionCount } from './plan.ts'
import { ChannelStatistics, ClassScores, Projections } from './row-statistics.ts'

/** Rows in one chunk. */
export const chunkRows = 64

/**
 * Values of the picked rows of the tensors that were taken, in the beginning of an array that the next reading may overwrite; undefined
 * where the tensor is not there.
 */
export type Source =
  | { readonly kind: 'numbers'; read(pick: Pick): Float64Array | undefined }
  | { readonly kind: 'texts'; read(pick: Pick): readonly string[] | undefined }

/** A tensor of the request that is being read, and the elements of its rows: looked up once for all of its monitors. */
interface Slot {
  readonly name: string
  tensor: NamedTensor | undefined
  width: number
}

export interface SourceOptions {
  /** Of the random projections. */
  readonly seed: number
}

/** Sources in the order of the monitors; undefined for the residual, which is of other monitors' values. */
export class Sources {
  readonly each: readonly (Source | undefined)[]
  readonly #remembering: { forget(): void }[] = []
  readonly #slots: readonly Slot[]

  constructor(monitors: readonly MonitorPlan[], { seed }: SourceOptions) {
    const shared = new Float64Array(chunkRows)
    const slots = new Map(monitors.map(({ tensor: name }) => [name, { name, tensor: undefined, width: 0 }]))
    this.#slots = [...slots.values()]
    const groups = new Map<string, ChannelStatistics | ClassScores | Projections>()
    const group = <T extends ChannelStatistics | ClassScores | Projections>(
      key: string,
      make: () => T
    ): T => {
      const known = groups.get(key) ?? make()
      groups.set(key, known)
      return known as T
    }
    const sourceOf = (monitor: MonitorPlan): Source | undefined => {
      const { reading, tensor: name } = monitor
      const slot = slots.get(name)!
      switch (reading.from) {
        case 'column': {
          const { column } = reading
          if (monitor.datatype !== 'BYTES') return columnSource(slot, column, shared)
          const texts = textSource(slot, column)
          this.#remembering.push(texts)
          return texts
        }
        case 'channel': {
          const { layout, channel, channels, statistic } = reading
          const make = (): ChannelStatistics => new ChannelStatistics(chunkRows, layout, channel, channels)
          return grouped(slot, group(`${name} ${channel}`, make), statistic)
        }
        case 'projection': {
          const make = (): Projections =>
            new Projections(chunkRows, projectionCount, () => seededRandom(seed))
          return grouped(slot, group(`${name} *`, make), String(reading.index))
        }
        case 'classes': {
          const scores = group(`${name} ?`, () => new ClassScores(chunkRows))
          return grouped(slot, scores, reading.score)
        }
        case 'pca':
          return undefined
      }
    }
    this.each = monitors.map(sourceOf)
    this.#remembering.push(...groups.values())
  }

  /** The tensors that are read next. They mostly come in the order of the monitors. */
  take(tensors: readonly NamedTensor[]): void {
    for (let index = 0; index < this.#slots.length; index++) {
      const slot = this.#slots[index]!
      const likely = tensors[index]
      slot.tensor = likely?.name === slot.name ? likely : tensors.find(({ name }) => name === slot.name)
      slot.width = slot.tensor === undefined ? 0 : rowElements(slot.tensor)
    }
  }

  /** To be called after each request: nothing of it is held any longer. */
  forget(): void {
    for (const slot of this.#slots) slot.tensor = undefined
    for (const group of this.#remembering) group.forget()
  }
}

function textSource(slot: Slot, column: number): Extract<Source, { kind: 'texts' }> & { forget(): void } {
  const texts = new Array<string>(chunkRows).fill('')
  return {
    kind: 'texts',
    read({ first, stride, count }) {
      const { tensor, width } = slot
      if (tensor === undefined) return undefined
      const data = tensor.data as string[]
      for (let index = 0; index < count; index++)
        texts[index] = data[(first + index * stride) * width + column]!
      return texts
    },
    forget: () => void texts.fill('')
  }
}

function columnSource(slot: Slot, column: number, into: Float64Array): Source {
  return {
    kind: 'numbers',
    read({ first, stride, count }) {
      const { tensor, width } = slot
      if (tensor === undefined) return undefined
      copyNumbers(tensor, first * width + column, stride * width, count, into)
      return into
    }
  }
}

function grouped(
  slot: Slot,
  statistics: ChannelStatistics | ClassScores | Projections,
  column: string
): Source {
  const values = (statistics.columns as Readonly<Record<string, Float64Array>>)[column]!
  return {
    kind: 'numbers',
    read(pick) {
      const { tensor } = slot
      if (tensor === undefined) return undefined
      statistics.fill(tensor, pick)
      return values
    }
  }
}
