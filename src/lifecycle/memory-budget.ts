// Whether a version fits into memory before it is loaded: the decision, pure, and the books of what versions have and are about to take.
// A model that does not fit is refused with the figures instead of taking the server down.
import { formatByteSize } from '../base/byte-size.ts'

export interface MemoryNeed {
  readonly bytes: number
  /** A probe measured it; else it is an estimate from the sizes of files. */
  readonly measured: boolean
}

export interface MemoryFacts {
  readonly limitBytes: number
  /** Where the limit comes from, for people. */
  readonly limitFrom: string
  /** What versions have or are about to take. */
  readonly reservedBytes: number
  /** What everything else takes that the limit applies to. */
  readonly otherBytes: number
}

const estimateFactor = 2
const estimateExtraBytes = 16 * 2 ** 20

/**
 * What all instances of a version take together. A session's memory, measured with onnxruntime 1.30 as a multiple of its file: 1.1 for
 * an embedding table or large matrix products, 1.4 for matrices of 1024, 2.9 for convolutions (weights are kept in two layouts), 8 for
 * tree ensembles, whose files are small; a small model takes 1 to 5 MiB. Twice the file and 16 MiB is in the middle: it refuses no
 * large model that would fit, and what it lets pass has the probe's measure checked before it comes to the server.
 */
export function memoryNeed(version: {
  readonly measuredBytes: number | undefined
  /** Of the model's file and its data files. */
  readonly filesBytes: number
  readonly instances: number
}): MemoryNeed {
  const { measuredBytes, filesBytes, instances } = version
  if (measuredBytes === undefined)
    return { bytes: instances * (filesBytes * estimateFactor + estimateExtraBytes), measured: false }
  // In a process that was used before, memory of an earlier model may have been enough.
  return { bytes: instances * Math.max(measuredBytes, filesBytes), measured: true }
}

/** What is left of the limit; below 0 where more is in use. */
export function bytesLeft({ limitBytes, reservedBytes, otherBytes }: MemoryFacts): number {
  return limitBytes - reservedBytes - otherBytes
}

/** Why so much more does not fit; undefined where it does. */
export function roomFor(need: MemoryNeed, facts: MemoryFacts): string | undefined {
  const leftBytes = bytesLeft(facts)
  if (need.bytes <= leftBytes) return undefined
  const how = need.measured ? 'measured' : 'estimated from its files'
  const left = `${formatByteSize(Math.max(0, leftBytes))} of ${formatByteSize(facts.limitBytes)}`
  return `the model needs about ${formatByteSize(need.bytes)} (${how}), ${left} are left (${facts.limitFrom})`
}

export interface MemoryBudgetOptions {
  /** lifecycle.memoryBytesMax: for all models together; 0 for what the container or the machine has. */
  readonly memoryBytesMax: number
  /** What the container or the machine has, and how much of that is in use by whomever; backend/memory-limit.ts reads it. */
  readonly state: () => { readonly limitBytes: number; readonly usedBytes: number }
}

/** What one version has, or is about to take. */
export interface Reservation {
  /** The load has come to its end well: the memory is in use by now. `bytes` where a better figure is known. */
  loaded(bytes?: number): void
  /** The version is gone, or its load failed. A second call does nothing. */
  release(): void
}

/** Of what the container or the machine has, models get no more than this: the rest is for requests and for what grows. */
const grantedShare = 0.9
const limitSet = 'lifecycle.memoryBytesMax'

/** What all models together may take: `memoryBytesMax` where that is set, else a share of what the container or the machine has. */
export function modelMemoryBytes(memoryBytesMax: number, limitBytes: number): number {
  return memoryBytesMax > 0 ? memoryBytesMax : Math.floor(limitBytes * grantedShare)
}

const limitGranted = `${grantedShare * 100} % of what the container or the machine has; ${limitSet} sets another limit`

export class MemoryBudget {
  readonly #options: MemoryBudgetOptions
  readonly #loading = new Map<Reservation, number>()
  readonly #loaded = new Map<Reservation, number>()
  /** Of versions that are gone, and not taken again since: the process may still hold it, for the next one to use. */
  #freedBytes = 0
  #otherBytes = 0

  constructor(options: MemoryBudgetOptions) {
    this.#options = options
  }

  /** Why so much more does not fit now; undefined where it does. */
  refusal(need: MemoryNeed): string | undefined {
    return roomFor(need, this.#facts())
  }

  /** How many bytes have to go before so many fit. */
  neededToFit(bytes: number): number {
    return Math.max(0, bytes - bytesLeft(this.#facts()))
  }

  /** Takes them, whether they fit or not: asking is the caller's business. */
  reserve(bytes: number): Reservation {
    this.#observe()
    const reusedBytes = Math.min(bytes, this.#freedBytes)
    this.#freedBytes -= reusedBytes
    const reservation: Reservation = {
      loaded: better => {
        const takenBytes = this.#loading.get(reservation)
        if (takenBytes === undefined) return
        this.#loading.delete(reservation)
        this.#loaded.set(reservation, better ?? takenBytes)
      },
      release: () => {
        this.#freedBytes += this.#loaded.get(reservation) ?? 0
        this.#loaded.delete(reservation)
        if (this.#loading.delete(reservation)) this.#freedBytes += reusedBytes
      }
    }
    this.#loading.set(reservation, bytes)
    return reservation
  }

  /** The limit, after a look at what everything else takes. */
  #observe(): number {
    const { memoryBytesMax, state } = this.#options
    if (memoryBytesMax > 0) return memoryBytesMax
    const { limitBytes, usedBytes } = state()
    // A load in progress has some of its memory already, and nobody knows how much: what others take shows between loads.
    if (this.#loading.size === 0)
      this.#otherBytes = Math.max(0, usedBytes - sum(this.#loaded) - this.#freedBytes)
    return modelMemoryBytes(memoryBytesMax, limitBytes)
  }

  #facts(): MemoryFacts {
    return {
      limitBytes: this.#observe(),
      limitFrom: this.#options.memoryBytesMax > 0 ? limitSet : limitGranted,
      reservedBytes: sum(this.#loaded) + sum(this.#loading),
      otherBytes: this.#otherBytes
    }
  }
}

function sum(figures: ReadonlyMap<unknown, number>): number {
  return [...figures.values()].reduce((total, bytes) => total + bytes, 0)
}
