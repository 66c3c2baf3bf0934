// The instances of one version, and the batcher before them. Keeps as many as it was given: one that ends by itself is replaced, for
// as long as others answer; one that is stuck in a run is killed where that is safe and reported where it is not; one that holds up
// the HTTP thread moves off it.
import type { Instance, Placement } from '../backend/backend.ts'
import type { Clock } from '../base/clock.ts'
import { deferred } from '../base/deferred.ts'
import type { Batcher, Runner } from '../batching/batcher.ts'
import { Deadlines } from '../batching/deadlines.ts'
import { ServingError } from '../errors/serving-error.ts'
import { type PlacementChoice, Strikes } from './placement.ts'
import { lossesMax, restartDelayMs } from './restart-policy.ts'

export interface InstanceGroupOptions {
  readonly batcher: Batcher
  /** Starts one more instance, warmed up. */
  readonly start: (placement: Placement) => Promise<Instance>
  readonly choice: PlacementChoice
  /** A run that takes longer has its instance stuck. */
  readonly runMaxMs: number
  /** An inline run that takes longer is a strike against the placement. */
  readonly inlineRunMaxMs: number
  /** Rows of a batch once it runs on a thread. */
  readonly threadRowsMax: number
  readonly clock: Clock
  readonly onNotice: (message: string) => void
}

/** Where one instance comes after the other. */
interface Place {
  /** In a row, without a run in this place that was answered in between. */
  losses: number
}

interface Member {
  readonly place: Place
  readonly instance: Instance
  readonly runner: Runner
}

export class InstanceGroup {
  readonly #options: InstanceGroupOptions
  readonly #members = new Set<Member>()
  readonly #stuck = new Map<Member, number>()
  readonly #runs: Deadlines<Member>
  readonly #ended = deferred<Error | undefined>()
  readonly #strikes: Strikes
  #choice: PlacementChoice
  /** In a row, wherever: what the others answer begins the count anew. */
  #losses = 0
  #closing = false
  #moving = false
  readonly #restarts = new Set<() => void>()

  constructor(options: InstanceGroupOptions, instances: readonly Instance[]) {
    this.#options = options
    this.#choice = options.choice
    this.#strikes = new Strikes(options.inlineRunMaxMs)
    this.#runs = new Deadlines(options.clock, member => this.#overdue(member))
    for (const instance of instances) this.#join(instance, { losses: 0 })
  }

  /** Where the instances are, and why. */
  get choice(): PlacementChoice {
    return this.#choice
  }

  /** Instances that can run, or do. */
  get size(): number {
    return this.#members.size
  }

  /** Since when the longest of all stuck runs is overdue, on the monotonic clock; undefined when none is. */
  get stuckSinceMs(): number | undefined {
    return this.#stuck.size === 0 ? undefined : Math.min(...this.#stuck.values())
  }

  /** Settles when nothing is left that could run: with the reason where nobody asked for it. */
  get ended(): Promise<Error | undefined> {
    return this.#ended.promise
  }

  /** Waits for the runs in progress and ends all instances. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all([...this.#members].map(({ instance }) => instance.close()))
    this.#ended.resolve(undefined)
  }

  #join(instance: Instance, place: Place): void {
    const member: Member = { place, instance, runner: { run: (...request) => this.#run(member, request) } }
    this.#members.add(member)
    void instance.ended.then(reason => this.#left(member, reason))
    this.#options.batcher.add(member.runner)
  }

  #run(member: Member, [inputs, outputs]: Parameters<Instance['run']>): ReturnType<Instance['run']> {
    const outcome = member.instance.run(inputs, outputs)
    if (!(outcome instanceof Promise)) {
      if (this.#strikes.add(outcome.runMs)) void this.#moveOff()
      return outcome
    }
    this.#runs.add(member, this.#options.clock.monotonicMs() + this.#options.runMaxMs)
    return outcome.then(
      result => {
        this.#works(member)
        this.#over(member)
        return result
      },
      (error: unknown) => {
        this.#over(member)
        if (!(error instanceof ServingError && error.code === 'INSTANCE_LOST')) this.#works(member)
        throw error
      }
    )
  }

  #works({ place }: Member): void {
    this.#losses = 0
    place.losses = 0
  }

  #over(member: Member): void {
    this.#runs.delete(member)
    this.#stuck.delete(member)
  }

  #overdue(member: Member): void {
    const { runMaxMs, onNotice, clock } = this.#options
    this.#stuck.set(member, clock.monotonicMs())
    const { kill, placement } = member.instance
    onNotice(
      `a run takes longer than ${runMaxMs} ms: its ${placement} is ${kill === undefined ? 'stuck' : 'killed'}`
    )
    kill?.()
  }

  /** An instance ended. Where nobody asked it to, another takes its place, sooner or later. */
  #left(member: Member, reason: Error | undefined): void {
    this.#over(member)
    this.#members.delete(member)
    this.#options.batcher.remove(member.runner)
    if (reason !== undefined) this.#replace(member.place, reason)
  }

  #replace(place: Place, reason: Error): void {
    if (this.#closing) return
    this.#losses++
    place.losses++
    if (this.#members.size === 0 && this.#losses >= lossesMax) this.#giveUp(reason)
    else this.#tryAgain(place, reason)
  }

  #tryAgain(place: Place, reason: Error): void {
    const delayMs = restartDelayMs(place.losses)
    const { onNotice, clock } = this.#options
    if (place.losses < lossesMax)
      onNotice(`an instance was lost (${reason.message}); another starts in ${delayMs} ms`)
    else if (place.losses === lossesMax) {
      const often = `an instance was lost ${lossesMax} times in a row (${reason.message})`
      onNotice(`${often}; from now on another is tried every ${delayMs} ms`)
    }
    const cancel = clock.after(delayMs, () => {
      this.#restarts.delete(cancel)
      void this.#restart(place)
    })
    this.#restarts.add(cancel)
  }

  /** Nothing is started any more; what starts right now is closed when it comes. */
  #stop(): void {
    this.#closing = true
    for (const cancel of this.#restarts) cancel()
  }

  async #restart(place: Place): Promise<void> {
    try {
      const instance = await this.#options.start(this.#choice.placement)
      if (this.#closing) await instance.close()
      else this.#join(instance, place)
    } catch (error) {
      this.#replace(place, error instanceof Error ? error : new Error(String(error)))
    }
  }

  #giveUp(reason: Error): void {
    this.#stop()
    const message = 'the model instance ended and could not be started again'
    this.#options.batcher.failAll(new ServingError('INSTANCE_LOST', message, { cause: reason }))
    this.#ended.resolve(reason)
  }

  /** Too many runs hold up the HTTP thread: a thread takes over, and the inline session goes once it has. */
  async #moveOff(): Promise<void> {
    if (this.#moving) return
    this.#moving = true
    const { start, batcher, threadRowsMax, inlineRunMaxMs, onNotice } = this.#options
    try {
      const instance = await start('thread')
      if (this.#closing) return await instance.close()
      const before = [...this.#members]
      for (const { runner } of before) batcher.remove(runner)
      batcher.rowsMax = threadRowsMax
      this.#choice = {
        placement: 'thread',
        reason: `runs took longer than ${inlineRunMaxMs} ms on the HTTP thread`
      }
      this.#join(instance, { losses: 0 })
      await Promise.all(before.map(member => member.instance.close()))
      onNotice(`moved to a thread: ${this.#choice.reason}`)
    } catch (error) {
      onNotice(`could not move to a thread: ${error instanceof Error ? error.message : String(error)}`)
      this.#moving = false
    }
  }
}
