// A hundred thousand requests that nobody should send, half of them to an open server and half to one that wants keys, both with the shipped
// models and limits: neither ends, alarms anybody, lets anybody in or grows, and who does nothing wrong notices nothing.
import { join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'
import { Keys } from '../../test/helpers/hostile/keys.ts'
import { besiege, lowest, type Siege } from '../../test/helpers/hostile/siege.ts'
import type { Scope } from '../harness.ts'
import { atMost, type Judged } from './budget.ts'
import { watchCores } from './cores.ts'

/** Before memory is measured for the first time: the heap has grown to what such callers need by then. */
const warmUpShare = 0.1
/** Two kilobytes a request would be more; 67 MB of buffers come and go by themselves. */
const heldGrowthBudgetMb = 100
/** 537 MB of bodies may be in progress at once, by the shipped limit, and the allocator keeps what it had of them. */
const rssBudgetMb = 1258
/** As long as many prints of one mistake would take to read. */
const printedMax = 20

/** The case for so many attacks, beside a tenth of them before anything is measured. */
export async function hostile(scope: Scope, count: number, seed: number): Promise<readonly Judged[]> {
  process.stdout.write(`  seed ${seed} (SOAK_SEED)\n`)
  const keys = await Keys.make(scope.folder())
  const half = Math.ceil(count / 2)
  const open = await siegeOf(scope, { name: 'open', count: half, seed, flags: [] })
  const flags = ['--require-auth', '--repository-control-api', ...keys.flags]
  const guarded = await siegeOf(scope, { name: 'guarded', count: half, seed, flags, keys })
  return [...open, ...guarded]
}

interface Options {
  readonly name: string
  readonly count: number
  readonly seed: number
  readonly flags: readonly string[]
  readonly keys?: Keys
}

async function siegeOf(scope: Scope, { name, count, seed, flags, keys }: Options): Promise<Judged[]> {
  const server = scope.serve(join(projectFolder, 'models'), '--default-model', 'iris', ...flags)
  const startedMs = performance.now()
  await server.ready
  const cores = watchCores(server.child.pid!)
  const warmUpCount = Math.ceil(count * warmUpShare)
  const siege = await besiege({ server, seed, warmUpCount, count, ...(keys && { keys }) })
  const { others } = cores()
  const seconds = (performance.now() - startedMs) / 1000
  server.child.kill('SIGTERM')
  const { code } = await server.exited
  for (const line of [...siege.campaign.faults, ...siege.seen.troubles, ...siege.alarms, ...siege.left].slice(
    0,
    printedMax
  ))
    process.stdout.write(`  ${line}\n`)
  return figures(name, siege, { seconds, others, code })
}

function figures(
  name: string,
  siege: Siege,
  { seconds, others, code }: { seconds: number; others: number; code: number | null }
): Judged[] {
  const { campaign, seen, alarms, left } = siege
  const what = (text: string): string => `${name}: ${text}`
  const held = siege.memory.map(({ heldBytes }) => heldBytes / 1e6)
  const rss = siege.memory.map(({ rssBytes }) => rssBytes / 1e6)
  const [before, after] = [lowest(held, 'first'), lowest(held, 'last')]
  return [
    {
      what: what('hostile requests, the warm-up included'),
      value: campaign.sent,
      unit: `in ${Math.round(seconds)} s`
    },
    { what: what('kinds of them'), value: campaign.tally.size, unit: 'kinds' },
    ...[...statuses(siege)].map(([status, value]) => ({
      what: what(`answered ${status}`),
      value,
      unit: 'times'
    })),
    atMost(what('wrong answers: malformed, unexpected, smuggled, let in'), campaign.faultCount, 'answers', 0),
    atMost(
      what(`looks at the health routes that went wrong, of ${seen.healthy + seen.troubles.length}`),
      seen.troubles.length,
      'times',
      0
    ),
    {
      what: what('predictions meanwhile, all with the right numbers'),
      value: seen.predicted,
      unit: 'answers'
    },
    { what: what('predictions put off by a full queue'), value: seen.putOff, unit: 'times' },
    { what: what('longest look at the health route'), value: seen.slowestHealthMs, unit: 'ms' },
    atMost(what('errors in the log'), alarms.length + Number(siege.isTold), 'lines', 0),
    atMost(
      what('gauges that did not come back to 0, and 5xx that nobody asked for'),
      left.length,
      'series',
      0
    ),
    atMost(what('connections left open'), siege.socketsLeft, 'connections', 0),
    {
      what: what('heap and buffers in the first fifth after the warm-up, lowest'),
      value: before,
      unit: 'MB'
    },
    { what: what('heap and buffers in the last fifth, lowest'), value: after, unit: 'MB' },
    atMost(what('growth of the same'), after - before, 'MB', heldGrowthBudgetMb),
    { what: what('RSS in the first fifth, lowest'), value: lowest(rss, 'first'), unit: 'MB' },
    { what: what('RSS in the last fifth, lowest'), value: lowest(rss, 'last'), unit: 'MB' },
    atMost(what('RSS, highest'), Math.max(...rss), 'MB', rssBudgetMb),
    atMost(what('status of its end'), code ?? 1, '', 0),
    { what: what('what else the machine did'), value: others, unit: 'cores' }
  ]
}

/** How often each status came, over all kinds. */
function statuses({ campaign }: Siege): Map<string, number> {
  const sums = new Map<string, number>()
  for (const kind of campaign.tally.values())
    for (const [status, count] of kind) sums.set(status, (sums.get(status) ?? 0) + count)
  return new Map([...sums].sort())
}
