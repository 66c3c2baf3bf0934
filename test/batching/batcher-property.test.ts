// Whatever comes, in whatever order: each job is settled once, with its own rows or with a reason that is true.
import fc from 'fast-check'
import t from 'tap'
import { inputsOf, outputsOf, steps, World } from '../helpers/batch-world.ts'

/** What must hold once everything has ended. */
function verdict({ jobs, runs, bench, wrong }: World): string[] {
  const counts = new Map<string, number>()
  const counted: number[] = []
  for (const [index, { spec, job, cancellation, pushed }] of jobs.entries()) {
    if (pushed.endings.length !== 1) wrong.push(`job ${index} was settled ${pushed.endings.length} times`)
    const [ending] = pushed.endings
    if (ending === undefined) continue
    const outcome = 'code' in ending ? ending.code : 'SUCCEEDED'
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    const own = runs.filter(run => run.jobs.has(index))
    const reasons: Record<string, boolean> = {
      SUCCEEDED: !spec.poison || spec.rows === 0,
      RUN_FAILED: spec.poison && own.at(-1)?.jobs.size === 1,
      INSTANCE_LOST: spec.rows === 0 ? runs.some(run => run.ended === 'lost') : own.at(-1)?.ended === 'lost',
      CANCELLED: cancellation.cancelled,
      DEADLINE_EXCEEDED: job.deadlineMs <= bench.clock.monotonicMs(),
      QUEUE_FULL: own.length === 0
    }
    if (reasons[outcome] !== true) wrong.push(`job ${index}: ${outcome} without a reason`)
    if ('code' in ending) continue
    const { outputs, runMs, batchRows, firstOfBatch } = ending.result
    const expected = outputsOf(inputsOf(index, spec), job.outputs)
    if (JSON.stringify(outputs) !== JSON.stringify(expected)) wrong.push(`job ${index}: rows of others`)
    if (batchRows !== runs[runMs]?.rows) wrong.push(`job ${index}: batchRows`)
    if (firstOfBatch) counted.push(runMs)
  }
  const answered = new Set(
    jobs.flatMap(({ pushed: { endings } }) =>
      endings.flatMap(end => ('result' in end ? end.result.runMs : []))
    )
  )
  if (counted.length !== answered.size || new Set(counted).size !== counted.length)
    wrong.push('batches are not counted once each')
  const accepted = jobs.length - (counts.get('QUEUE_FULL') ?? 0)
  const settled = [...counts].reduce(
    (sum, [outcome, count]) => (outcome === 'QUEUE_FULL' ? sum : sum + count),
    0
  )
  if (accepted !== settled) wrong.push('counts do not add up')
  return wrong
}

for (const delayMaxMs of [0, 3]) {
  t.test(`any jobs, turns, ends, losses, cancellations and times; delayMaxMs ${delayMaxMs}`, async t => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(steps, async actions => {
        const world = new World(delayMaxMs)
        for (const action of actions) await world.step(action)
        await world.finish()
        const wrong = verdict(world)
        if (!(await world.isEmpty())) wrong.push('the queue is not empty')
        if (wrong.length > 0) throw new Error(wrong.join('; '))
        for (const { pushed } of world.jobs)
          for (const ending of pushed.endings) seen.add('code' in ending ? ending.code : 'SUCCEEDED')
      }),
      { numRuns: 500 }
    )
    // Otherwise the property says less than it seems to.
    for (const outcome of [
      'SUCCEEDED',
      'RUN_FAILED',
      'INSTANCE_LOST',
      'CANCELLED',
      'DEADLINE_EXCEEDED',
      'QUEUE_FULL'
    ])
      t.ok(seen.has(outcome), `some job ended as ${outcome}`)
  })
}
