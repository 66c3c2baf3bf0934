// A batcher before a model that treats every row for itself, driven by arbitrary steps: keeps what was pushed, what ran, and what is
// wrong with it.
import fc from 'fast-check'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import type { Runner, RunOutcome } from '../../src/batching/batcher.ts'
import type { Job } from '../../src/batching/job.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { BatchBench, instanceLost, jobOf, type Pushed, runFailed } from './batch-bench.ts'

const rowsMax = 6

const shapes = { '': ['y'], wide: ['y', 'text'], text: ['text'] } as const

interface JobSpec {
  readonly rows: number
  /** Decides the width of a row and the outputs; undefined merges with nobody. */
  readonly key: keyof typeof shapes | undefined
  readonly priority: number
  readonly timeoutMs: number | undefined
  /** Makes every run fail that it is part of. */
  readonly poison: boolean
  /** Makes the model leave out a row of every batch that it is part of. */
  readonly shrinks: boolean
}

const jobs = fc.record<JobSpec>({
  rows: fc.nat(5),
  key: fc.constantFrom(undefined, '', '', 'wide', 'text'),
  priority: fc.constantFrom(1, 5, 5, 9),
  timeoutMs: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  poison: fc.nat(9).map(dice => dice === 0),
  shrinks: fc.nat(9).map(dice => dice === 0)
})

type Step =
  | { readonly do: 'push'; readonly job: JobSpec }
  | { readonly do: 'turn' | 'add inline' | 'add' | 'remove' }
  | { readonly do: 'answer' | 'lose' | 'cancel' | 'wait'; readonly which: number }

const which = fc.nat(7)
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('push' as const), job: jobs }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), which }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'cancel' as const), which }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), which }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom(...(['add inline', 'add', 'remove'] as const)) })
    }
  ),
  { maxLength: 60, size: 'max' }
)

/** One run; its number is the `runMs` of its outcome, so that results can be traced to it. */
interface Run {
  readonly jobs: ReadonlySet<number>
  readonly rows: number
  ended: 'runs' | 'answered' | 'failed' | 'lost'
}

/** The rows of job `index`: no two jobs have one in common. */
export function inputsOf(index: number, { rows, key }: JobSpec): NamedTensor[] {
  const width = key === 'wide' ? 2 : 1
  const values = Array.from({ length: rows * width }, (_, at) => index * 100 + at)
  const texts = Array.from({ length: rows }, (_, at) => `${index}/${at}`)
  return [
    { name: 'x', datatype: 'FP32', shape: [rows, width], data: Float32Array.from(values) },
    { name: 't', datatype: 'BYTES', shape: [rows], data: texts }
  ]
}

/** The model: every row for itself. */
export function outputsOf([x, text]: readonly NamedTensor[], outputs: readonly string[]): NamedTensor[] {
  return outputs.map(name =>
    name === 'y'
      ? { name, datatype: 'FP32', shape: x!.shape, data: (x!.data as Float32Array).map(value => value + 0.5) }
      : {
          name,
          datatype: 'BYTES',
          shape: text!.shape,
          data: (text!.data as string[]).map(value => `<${value}>`)
        }
  )
}

function withoutLastRow(input: NamedTensor): NamedTensor {
  const [rows, ...inner] = input.shape
  const data = input.data.slice(0, input.data.length - input.data.length / rows!)
  return { ...input, shape: [rows! - 1, ...inner], data }
}

/** A batcher, what was pushed, what ran, and what is wrong with it. */
export class World {
  readonly bench: BatchBench
  readonly jobs: { spec: JobSpec; job: Job; cancellation: { cancelled: boolean }; pushed: Pushed }[] = []
  readonly runs: Run[] = []
  readonly wrong: string[] = []
  readonly #runners: Runner[] = []
  readonly #lost = new Set<Runner>()
  readonly #held: { run: Run; runner: Runner; outcome: Deferred<RunOutcome>; end: () => void }[] = []

  constructor(delayMaxMs: number) {
    this.bench = new BatchBench({ limits: { rowsMax: 12, bytesMax: 100 }, rowsMax, delayMaxMs })
    this.#add(false)
  }

  get busy(): boolean {
    return this.#held.length > 0
  }

  async step(step: Step): Promise<void> {
    await this.#take(step)
    const waiting = this.jobs.filter(
      ({ pushed }, index) =>
        pushed.state === 'waits' && !this.runs.some(run => run.ended === 'runs' && run.jobs.has(index))
    )
    // Of those that were pushed right now nobody knows yet whether they were refused.
    const rows = waiting.reduce((sum, { spec }) => sum + spec.rows, 0)
    if (step.do !== 'push' && this.bench.batcher.queuedRows !== rows) this.wrong.push('queuedRows')
  }

  async #take(step: Step): Promise<void> {
    if (step.do === 'push') this.#push(step.job)
    else if (step.do === 'turn') await this.bench.endTurn()
    else if (step.do === 'wait') await this.bench.clock.advance(step.which)
    else if (step.do === 'answer') await this.answer(step.which)
    else if (step.do === 'lose') await this.#lose(step.which)
    else if (step.do === 'cancel') {
      const job = this.jobs[step.which % this.jobs.length]
      if (job !== undefined) job.cancellation.cancelled = true
    } else if (step.do === 'remove') this.#remove(this.#runners.at(-1))
    else this.#add(step.do === 'add inline')
  }

  /** Lets everything come to its end. */
  async finish(): Promise<void> {
    if (this.#runners.length === 0) this.#add(false)
    for (
      let rounds = 0;
      rounds < 1000 && (this.busy || this.bench.turnAsked || this.bench.clock.pending > 0);
      rounds++
    ) {
      await this.bench.endTurn()
      await this.answer(0)
      await this.bench.clock.advance(1)
    }
  }

  /** Whether the queue counts neither rows nor bytes any more: it has room for as many as it may hold, and no more. */
  async isEmpty(): Promise<boolean> {
    for (const runner of [...this.#runners]) this.#remove(runner)
    const probe = (rows: number, bytes: number) => this.bench.push(jobOf([], { rows, bytes }))
    const probes = [probe(1, 1), probe(11, 99), probe(0, 1)]
    await this.bench.clock.advance(0)
    const states = probes.map(({ state }) => state).join()
    return this.bench.batcher.queuedRows === 12 && states === 'waits,waits,QUEUE_FULL'
  }

  async answer(number: number): Promise<void> {
    this.#held.splice(number % Math.max(1, this.#held.length), 1)[0]?.end()
    await this.bench.clock.advance(0)
  }

  #push(spec: JobSpec): void {
    const { rows, key, priority, timeoutMs } = spec
    const cancellation = { cancelled: false }
    const job = jobOf([], {
      inputs: inputsOf(this.jobs.length, spec),
      outputs: shapes[key ?? ''],
      rows,
      bytes: rows * 5,
      mergeKey: key,
      priority,
      cancellation,
      ...(timeoutMs !== undefined && { deadlineMs: this.bench.clock.monotonicMs() + timeoutMs })
    })
    this.jobs.push({ spec, job, cancellation, pushed: this.bench.push(job) })
  }

  #add(inline: boolean): void {
    const runner: Runner = {
      run: (inputs, outputs) => {
        if (this.#lost.has(runner)) this.wrong.push('one that is lost runs')
        const run = this.#begin(inputs)
        const end = (): RunOutcome => this.#end(run, inputs, outputs)
        if (inline) return end()
        if (this.#held.some(held => held.runner === runner)) this.wrong.push('two runs at once')
        const outcome = deferred<RunOutcome>()
        const settle = (): void => {
          try {
            outcome.resolve(end())
          } catch (error) {
            outcome.reject(error as Error)
          }
        }
        this.#held.push({ run, runner, outcome, end: settle })
        return outcome.promise
      }
    }
    this.#runners.push(runner)
    this.bench.batcher.add(runner)
  }

  #remove(runner: Runner | undefined): void {
    if (runner === undefined) return
    this.#runners.splice(this.#runners.indexOf(runner), 1)
    this.bench.batcher.remove(runner)
  }

  /** An instance goes away in a run; its owner need not say so. */
  async #lose(number: number): Promise<void> {
    const [held] = this.#held.splice(number % Math.max(1, this.#held.length), 1)
    if (held === undefined) return
    held.run.ended = 'lost'
    if (this.#runners.includes(held.runner)) this.#runners.splice(this.#runners.indexOf(held.runner), 1)
    this.#lost.add(held.runner)
    held.outcome.reject(instanceLost())
    await this.bench.clock.advance(0)
  }

  #begin([x, text]: readonly NamedTensor[]): Run {
    const jobs = new Set((text!.data as string[]).map(value => Number(value.split('/')[0])))
    const rows = x!.shape[0]!
    if (rows > rowsMax && jobs.size > 1) this.wrong.push('too many rows in a batch')
    const run: Run = { jobs, rows, ended: 'runs' }
    for (const index of jobs) {
      const { spec, pushed } = this.jobs[index]!
      const before = this.runs.filter(other => other.jobs.has(index))
      if (pushed.state !== 'waits') this.wrong.push('one that was answered runs')
      if (jobs.size > 1 && spec.key === undefined) this.wrong.push('one without a key has company')
      if (before.length > 1 || (before.length === 1 && (jobs.size > 1 || before[0]!.ended !== 'failed')))
        this.wrong.push('tried again without need')
    }
    this.runs.push(run)
    return run
  }

  #end(run: Run, inputs: readonly NamedTensor[], outputs: readonly string[]): RunOutcome {
    const specs = [...run.jobs].map(index => this.jobs[index]!.spec)
    const failed = specs.some(({ poison }) => poison)
    const shrinks = specs.length > 1 && specs.some(spec => spec.shrinks)
    run.ended = failed || shrinks ? 'failed' : 'answered'
    if (failed) throw runFailed()
    const given = shrinks ? inputs.map(withoutLastRow) : inputs
    return { outputs: outputsOf(given, outputs), runMs: this.runs.indexOf(run) }
  }
}
