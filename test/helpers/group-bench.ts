// An instance group before fake instances: whether the next one starts, and what its runs answer, is in the hands of the test.
import type { Instance, Placement, RunResult } from '../../src/backend/backend.ts'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { Batcher } from '../../src/batching/batcher.ts'
import { InstanceGroup } from '../../src/lifecycle/instance-group.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { FakeClock } from './fake-clock.ts'
import { column, endlessTurns, FakeInstance } from './fakes.ts'
import { turn } from './turn.ts'

export const runMaxMs = 1000
export const inlineRunMaxMs = 2
export const threadRowsMax = 4
const inlineRowsMax = 2

/** Inline, it answers at once with what came; elsewhere the test settles `runs`. */
class GroupInstance extends FakeInstance {
  #runMs = 0

  /** Inline runs take so long from now on. */
  takes(runMs: number): void {
    this.#runMs = runMs
  }

  override run(inputs: readonly NamedTensor[], outputs: readonly string[]): Promise<RunResult> {
    if (this.placement !== 'inline') return super.run(inputs, outputs)
    const result: RunResult = { outputs: [{ ...inputs[0]!, name: 'y' }], runMs: this.#runMs }
    return result as never
  }

  /** Answers one of `runs` with this value for every row. */
  answer(index: number, value: number): void {
    const rows = this.runs[index]!.inputs[0]!.shape[0]!
    this.runs[index]!.resolve({ outputs: [column('y', ...new Array<number>(rows).fill(value))], runMs: 1 })
  }
}

class Start {
  readonly placement: Placement
  readonly work: Deferred<Instance> = deferred<Instance>()

  constructor(placement: Placement) {
    this.placement = placement
  }

  async succeed(): Promise<GroupInstance> {
    const instance = new GroupInstance(this.placement)
    this.work.resolve(instance)
    await turn()
    return instance
  }

  async fail(reason: Error): Promise<void> {
    this.work.reject(reason)
    await turn()
  }
}

export function groupBench(placements: readonly Placement[]) {
  const clock = new FakeClock()
  const notices: string[] = []
  const started: Start[] = []
  const limits = { rowsMax: 1000, bytesMax: 1e6 }
  const rowsMax = placements[0] === 'inline' ? inlineRowsMax : threadRowsMax
  const batcher = new Batcher({ limits, rowsMax, delayMaxMs: 0, turns: endlessTurns(), clock })
  const instances = placements.map(placement => new GroupInstance(placement))
  const start = (placement: Placement): Promise<Instance> => {
    const one = new Start(placement)
    started.push(one)
    return one.work.promise
  }
  const group = new InstanceGroup(
    {
      batcher,
      start,
      choice: { placement: placements[0]!, reason: 'the test says so' },
      runMaxMs,
      inlineRunMaxMs,
      threadRowsMax,
      clock,
      onNotice: message => notices.push(message)
    },
    instances
  )
  let end: { readonly reason: Error | undefined } | undefined
  void group.ended.then(reason => {
    end = { reason }
  })
  /** One row that may share its run; settles with the number that came back. */
  async function run(value: number): Promise<number> {
    const { outputs } = await batcher.push({
      inputs: [column('x', value)],
      outputs: ['y'],
      rows: 1,
      bytes: 4,
      mergeKey: placements.length > 1 ? undefined : '',
      priority: 5,
      deadlineMs: Number.POSITIVE_INFINITY,
      cancellation: { cancelled: false }
    })
    return (outputs[0]!.data as Float32Array)[0]!
  }
  return { group, clock, notices, started, instances, run, ended: () => end }
}
