// The process of an instance is killed over and over under load. Each time the model is back within a second, nothing fails but what
// was in flight, and that with 503 INSTANCE_LOST; a model beside it never notices.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { plus, slow } from '../../test/helpers/models.ts'
import { median, rssBytes, type Scope } from '../harness.ts'
import { jsonAsk } from '../v2.ts'
import { atMost, type Judged } from './budget.ts'
import { type Failure, SteadyLoad } from './steady-load.ts'

const backBudgetMs = 1000
/** Enough restarts have failed by then for the server to have given up. */
const backMaxMs = 60_000
/** Longer than the server takes to settle into its load. */
const settleMs = 2000
/** Products of matrices in a run: about a millisecond, so that a kill meets one that runs. */
const loops = 4

/** Without a pause, so that a request of each client is in flight whenever its model is killed. */
const fragileLoad = { clients: 4, pauseMs: 0 }
/** Pauses leave the cores to the process that starts. */
const steadyLoad = { clients: 2, pauseMs: 5 }

/** What one kill did. */
interface Kill {
  readonly inFlight: number
  readonly backMs: number
  readonly failures: readonly Failure[]
}

/** The process of the only instance that has one. */
function instanceOf(server: number): number {
  const children = readdirSync(`/proc/${server}/task`).flatMap(task =>
    readFileSync(`/proc/${server}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  )
  const [only] = children
  if (only === undefined || children.length > 1)
    throw new Error(`expected one child process, found ${children.join(', ') || 'none'}`)
  return only
}

/** Between two kills, a different time each: they meet requests on all parts of their way. */
const pauseMs = (kill: number): number => 10 + ((kill * 7) % 41)

/** The next kill has to wait for what this settles with: losses without a success between them make the server give up. */
async function killOnce(server: number, load: SteadyLoad): Promise<Kill> {
  const { inFlight } = load
  const killedMs = performance.now()
  process.kill(instanceOf(server), 'SIGKILL')
  const abandoned = new AbortController()
  const firstMs = await Promise.race([
    load.succeedAnew(),
    wait(backMaxMs, undefined, { signal: abandoned.signal })
  ])
  abandoned.abort()
  const failures = load.takeFailures()
  if (firstMs === undefined)
    throw new Error(`no success within ${backMaxMs} ms of a kill: ${JSON.stringify(failures.slice(0, 10))}`)
  return { inFlight, backMs: firstMs - killedMs, failures }
}

const isLost = ({ status, code }: Failure): boolean => status === 503 && code === 'INSTANCE_LOST'

/** Failures of another kind than a kill explains, and more of that kind than were in flight. */
function unexpectedOf({ inFlight, failures }: Kill): number {
  const lost = failures.filter(isLost).length
  return failures.length - lost + Math.max(0, lost - inFlight)
}

/** The case for so many kills, one after the other. */
export async function kills(scope: Scope, killCount: number): Promise<readonly Judged[]> {
  const models = scope.folder({
    'fragile/1/model.onnx': slow(loops),
    'fragile/model.yaml': 'instances: { placement: process, count: 1, threads: 1 }\n',
    'steady/1/model.onnx': plus(1),
    'steady/model.yaml': 'instances: { placement: thread, count: 1, threads: 1 }\n'
  })
  // No probe: the only child is the instance.
  const server = scope.serve(models, '--lifecycle-probe', 'never')
  const address = await server.ready
  const pid = server.child.pid!
  const fragile = new SteadyLoad(address, jsonAsk('fragile', [1, 1], [1]), fragileLoad)
  const steady = new SteadyLoad(address, jsonAsk('steady', [1, 2], [1, 2]), steadyLoad)
  await wait(settleMs)
  const early = fragile.takeFailures().length
  const rssBefore = rssBytes(pid)
  const done: Kill[] = []
  for (let kill = 0; kill < killCount; kill++) {
    await wait(pauseMs(kill))
    done.push(await killOnce(pid, fragile))
  }
  const rssAfter = rssBytes(pid)
  await Promise.all([fragile.stop(), steady.stop()])
  const failuresOfSteady = steady.takeFailures()
  const unexpected = done.reduce(
    (sum, kill) => sum + unexpectedOf(kill),
    early + fragile.takeFailures().length
  )
  const backMs = done.map(kill => kill.backMs)
  const failed = done.map(({ failures }) => failures.length)
  const failedInAll = failed.reduce((sum, count) => sum + count, 0)
  const asked = (load: SteadyLoad, failures: number): string => `of ${load.answered + failures} requests`
  return [
    { what: 'kills', value: killCount, unit: 'times' },
    { what: 'median time to be back', value: median(backMs), unit: 'ms', rounds: backMs },
    atMost('longest time to be back', Math.max(...backMs), 'ms', backBudgetMs),
    {
      what: 'failed requests of the killed model per kill',
      value: failedInAll / killCount,
      unit: asked(fragile, failedInAll),
      rounds: failed
    },
    atMost('unexpected failures of the killed model', unexpected, 'requests', 0),
    atMost(
      `failed of the other model, ${asked(steady, failuresOfSteady.length)}`,
      failuresOfSteady.length,
      'requests',
      0
    ),
    { what: 'RSS before', value: rssBefore / 1e6, unit: 'MB' },
    { what: 'RSS after', value: rssAfter / 1e6, unit: 'MB' }
  ]
}
