// A thousand releases under constant load, a tenth of them broken on purpose: no request fails, every answer comes from a version that was
// ready at the time, and the memory that the hundredth release left is what the last one leaves.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '../../test/helpers/releases/audit-log.ts'
import { good, identityOfFiles } from '../../test/helpers/releases/content.ts'
import { ModelFolder } from '../../test/helpers/releases/model-folder.ts'
import { contentsOf, firstAdds, releaseOf } from '../../test/helpers/releases/plan.ts'
import { staysOf, unexplained } from '../../test/helpers/releases/stays.ts'
import { Storm } from '../../test/helpers/releases/storm.ts'
import { Witness } from '../../test/helpers/releases/witness.ts'
import { median, quantile, rssBytes, type Scope } from '../harness.ts'
import { atMost, type Judged } from './budget.ts'

/** As quick as the settings allow, or a thousand releases would take an hour. */
const quick = ['--repository-poll-ms', '100', '--repository-stable-ms', '150']
/** Pauses leave the cores to what is loaded. */
const load = { clients: 6, pauseMs: 10 }
const releaseMaxMs = 60_000
const rssRatioBudget = 1.1
/** What the server has not collected yet differs from one moment to the next: memory is the median after so many releases. */
const rssWindow = 10
const settledAfter = 100

/** The median of the values that end with the `count`th. */
const lately = (values: readonly number[], count: number): number =>
  median(values.slice(Math.max(0, count - rssWindow), count))

/** The case for so many releases. */
export async function releases(scope: Scope, count: number): Promise<readonly Judged[]> {
  const models = scope.folder()
  const state = scope.folder()
  const first = good(firstAdds)
  mkdirSync(join(models, 'm'))
  const folder = new ModelFolder(models, 'm')
  await folder.copyIn(1, first.files)
  const server = scope.serve(models, '--state-dir', state, ...quick)
  const address = await server.ready
  const audit = new AuditLog(state)
  const witness = new Witness(address, 'm', load)
  const storm = new Storm({ address, model: 'm', folder, audit, releaseMaxMs }, 1, first.files)
  const rssMb: number[] = []
  const tookMs: number[] = []
  for (let number = 0; number < count; number++) {
    const startedMs = performance.now()
    await storm.release(releaseOf(number))
    tookMs.push(performance.now() - startedMs)
    rssMb.push(rssBytes(server.child.pid!) / 1e6)
  }
  await witness.stop()
  server.child.kill('SIGTERM')
  const { code } = await server.exited
  if (code !== 0) throw new Error(`expected an orderly end, got status ${code}:\n${server.output()}`)
  await audit.read()
  const contents = new Map(contentsOf(count).map(({ files, adds }) => [identityOfFiles(files), adds]))
  const stays = staysOf(audit.lines, 'm', identity => contents.get(identity))
  const strangers = unexplained(witness.answers, stays)
  for (const line of [...witness.failures, ...strangers.slice(0, 10).map(one => JSON.stringify(one))])
    process.stdout.write(`  ${line}\n`)
  return figures({
    count,
    rssMb,
    tookMs,
    answered: witness.answers.length,
    failed: witness.failed,
    strangers
  })
}

interface Stormed {
  readonly count: number
  readonly rssMb: readonly number[]
  readonly tookMs: readonly number[]
  readonly answered: number
  readonly failed: number
  readonly strangers: readonly unknown[]
}

function figures({ count, rssMb, tookMs, answered, failed, strangers }: Stormed): readonly Judged[] {
  const settled = Math.min(settledAfter, Math.ceil(count / 2))
  const before = lately(rssMb, settled)
  const after = lately(rssMb, count)
  const everyHundredth = rssMb.flatMap((_, index) =>
    (index + 1) % settledAfter === 0 ? [lately(rssMb, index + 1)] : []
  )
  return [
    { what: 'releases, a tenth of them broken', value: count, unit: 'times' },
    { what: 'median time of a release', value: median(tookMs), unit: 'ms' },
    { what: 'p99 of the time of a release', value: quantile(tookMs, 0.99), unit: 'ms' },
    atMost(`failed requests, of ${answered + failed}`, failed, 'requests', 0),
    atMost('answers from a version that was not ready', strangers.length, `of ${answered}`, 0),
    { what: `RSS after release ${settled}`, value: before, unit: 'MB' },
    { what: `RSS after release ${count}`, value: after, unit: 'MB', rounds: everyHundredth },
    atMost('RSS after the last ÷ RSS then', after / before, 'times', rssRatioBudget)
  ]
}
