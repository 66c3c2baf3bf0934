// When requests are sent. A closed loop keeps so many in progress and waits for answers; an open loop sends when the arrivals
// of a Poisson process say so, whatever the server does, and times each request from the moment it was meant to start.
import { type Clock, sleep } from '../../base/clock.ts'
import { deferred } from '../../base/deferred.ts'
import { nextGapMs, type Random } from '../../base/random.ts'

/** What became of a request. */
export interface Answer {
  readonly ok: boolean
  /** The status, or a word for what happened instead of one: `timeout`, `ECONNREFUSED`. */
  readonly status: string
  /** What the server said of an error. */
  readonly text: string
}

export interface Sample {
  /** When the request was meant to start; in a closed loop that is when it did. */
  readonly intendedMs: number
  readonly sentMs: number
  readonly endedMs: number
  readonly answer: Answer
}

/** Monotonic time, and waiting for a point in it. */
export interface Pacer {
  monotonicMs(): number
  until(dueMs: number): Promise<void>
}

export interface Load {
  readonly pacer: Pacer
  /** Nothing is sent from here on; what is in progress is still waited for. */
  readonly endMs: number
  /** Sends the request with this number, counted from 0. Never rejects, and ends within a time of its own. */
  readonly send: (sequence: number) => Promise<Answer>
  readonly record: (sample: Sample) => void
}

/** A server that refuses connections at once would be asked thousands of times a second otherwise. */
const failurePauseMs = 100

export async function closedLoop(load: Load, concurrency: number): Promise<void> {
  const { pacer, endMs, send, record } = load
  let sequence = 0
  const oneAfterTheOther = async (): Promise<void> => {
    for (let sentMs = pacer.monotonicMs(); sentMs < endMs; sentMs = pacer.monotonicMs()) {
      const answer = await send(sequence++)
      record({ intendedMs: sentMs, sentMs, endedMs: pacer.monotonicMs(), answer })
      if (!isStatus(answer.status)) await pacer.until(Math.min(pacer.monotonicMs() + failurePauseMs, endMs))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, oneAfterTheOther))
}

const isStatus = (status: string): boolean => /^\d+$/.test(status)

export interface OpenLoopOptions {
  readonly ratePerSecond: number
  readonly random: Random
  /** Arrivals beyond so many unanswered requests are dropped. */
  readonly outstandingMax: number
  readonly drop: (intendedMs: number) => void
}

export async function openLoop(load: Load, options: OpenLoopOptions): Promise<void> {
  const { pacer, endMs, send, record } = load
  const { ratePerSecond, random, outstandingMax, drop } = options
  const drained = deferred<void>()
  let outstanding = 0
  let arriving = true
  let sequence = 0
  const start = (intendedMs: number): void => {
    const sentMs = pacer.monotonicMs()
    outstanding++
    send(sequence++).then(answer => {
      outstanding--
      record({ intendedMs, sentMs, endedMs: pacer.monotonicMs(), answer })
      if (!arriving && outstanding === 0) drained.resolve()
    }, drained.reject)
  }
  // Arrivals follow the schedule alone: one that is sent late does not push back those behind it.
  for (let dueMs = pacer.monotonicMs(); ; ) {
    dueMs += nextGapMs(ratePerSecond, random)
    if (dueMs >= endMs) break
    if (dueMs > pacer.monotonicMs()) await pacer.until(dueMs)
    if (outstanding >= outstandingMax) drop(dueMs)
    else start(dueMs)
  }
  arriving = false
  if (outstanding === 0) drained.resolve()
  await drained.promise
}

/** Timers are late by up to this; the rest is waited for turn by turn, so that it does not look like latency of the server. */
const timerSlackMs = 2

/** `turn` calls back in the next turn of the event loop, after what came over the network. */
export function makePacer(clock: Clock, turn: (action: () => void) => void): Pacer {
  return {
    monotonicMs: () => clock.monotonicMs(),
    async until(dueMs) {
      const sleepMs = Math.floor(dueMs - clock.monotonicMs() - timerSlackMs)
      if (sleepMs > 0) await sleep(clock, sleepMs)
      while (clock.monotonicMs() < dueMs) await new Promise<void>(turn)
    }
  }
}
