// A model of 200 MB grows in the repository for twenty seconds while another model answers: it is never loaded early, and the other one
// hardly notices that it is copied and loaded.
import { setTimeout as wait } from 'node:timers/promises'
import { plus } from '../../test/helpers/models.ts'
import { type Initializer, onnxModel } from '../../test/helpers/onnx-model.ts'
import { AuditLog } from '../../test/helpers/releases/audit-log.ts'
import type { Files } from '../../test/helpers/releases/content.ts'
import { ModelFolder } from '../../test/helpers/releases/model-folder.ts'
import { indexOf } from '../../test/helpers/releases/repository-index.ts'
import { median, quantile, type Scope } from '../harness.ts'
import { type Arrival, type OpenLoop, openLoop } from '../open-loop.ts'
import { jsonAsk } from '../v2.ts'
import { atMost, type Judged } from './budget.ts'
import { watchCores } from './cores.ts'

const weightBytes = 200e6
const rowNumbers = 64
const slowness = { pieceBytes: 1e6, pauseMs: 100 }
/** The other model's requests a second: the load of a server with room to spare. */
const rate = 200
const indexPollMs = 50
/** The copy, the stability window, a poll and the load take a fraction of it. */
const readyMaxMs = 180_000
/** Longer than the first requests of a load take to be fast. */
const settleMs = 5000
const p99RatioBudget = 1.5

/** An embedding table, in the graph or in a file beside it; `seed` makes it one that was not seen before. */
function table(seed: number, isExternal: boolean): Files {
  const block = Float32Array.from({ length: 2 ** 18 }, (_, index) => Math.sin(seed + index))
  const bytes = Buffer.alloc(weightBytes, new Uint8Array(block.buffer))
  const shape = [weightBytes / Float32Array.BYTES_PER_ELEMENT / rowNumbers, rowNumbers]
  const data = isExternal ? { location: 'weights.bin', length: weightBytes } : bytes
  const weights: Initializer = { name: 'table', datatype: 'FP32', shape, data }
  const model = onnxModel({
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['batch'] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', rowNumbers] }],
    initializers: [weights],
    nodes: [{ op: 'Gather', inputs: ['table', 'x'], outputs: ['y'] }]
  })
  return isExternal ? { 'model.onnx': model, 'weights.bin': bytes } : { 'model.onnx': model }
}

interface Place {
  readonly address: string
  readonly folder: ModelFolder
  /** One that the server does not look at. */
  readonly elsewhere: ModelFolder
  readonly audit: AuditLog
}

/** One copy, from its first byte to when the version was ready. */
interface Copy {
  readonly copiedMs: number
  readonly readyMs: number
  /** What the index showed before the last byte was there, where that is a load or its outcome. */
  readonly early: string | undefined
}

async function copyIn({ address, folder }: Place, version: number, files: Files): Promise<Copy> {
  const startedMs = performance.now()
  let copiedMs: number | undefined
  const copying = folder.write(version, files, slowness).then(() => {
    copiedMs = performance.now() - startedMs
  })
  let early: string | undefined
  for (;;) {
    const row = (await indexOf(address)).find(
      ({ name, version: number }) => name === 'big' && number === String(version)
    )
    // Asked and answered before the end of the copy.
    if (copiedMs === undefined && (row?.state === 'LOADING' || row?.state === 'READY')) early ??= row.state
    const nowMs = performance.now() - startedMs
    if (row?.state === 'READY' && copiedMs !== undefined) {
      await copying
      return { copiedMs, readyMs: nowMs, early }
    }
    if (nowMs > readyMaxMs)
      throw new Error(`expected big/${version} to be READY after ${nowMs} ms, got ${JSON.stringify(row)}`)
    await wait(indexPollMs)
  }
}

/** Requests to the other model, and when they began. */
interface Load {
  readonly loop: OpenLoop
  readonly startedMs: number
}

const begin = (address: string): Load => ({
  loop: openLoop(address, jsonAsk('steady', [1, 2], [1, 2]), rate),
  startedMs: performance.now()
})

function end({ loop }: Load): Promise<readonly Arrival[]> {
  loop.stop()
  return loop.arrivals
}

/** From when a request was sent: when it was due, the client may have been busy, and a stall of the server holds up none that follow. */
const answeredMs = ({ ms, lateMs }: Arrival): number => ms - lateMs

const p99 = (arrivals: readonly Arrival[], of: (arrival: Arrival) => number = answeredMs): number =>
  quantile(arrivals.map(of), 0.99)

interface Round {
  readonly copy: Copy
  readonly idle: readonly Arrival[]
  /** While the same files were copied elsewhere and the index was asked for as often: what the client and the disk do by themselves. */
  readonly quiet: readonly Arrival[]
  readonly busy: readonly Arrival[]
  /** Of `busy`, those that were answered once the copy was complete. */
  readonly loading: readonly Arrival[]
}

/** The other model's requests while a model comes, while nothing happens, and while files grow that are nobody's model, for as long each. */
async function round(place: Place, version: number): Promise<Round> {
  const files = table(version, version % 2 === 0)
  const { address, folder, elsewhere } = place
  const busy = begin(address)
  const copyStartedMs = performance.now() - busy.startedMs
  const copy = await copyIn(place, version, files)
  const answeredBusy = await end(busy)
  await folder.remove(version - 1)
  await wait(settleMs)
  const idle = begin(address)
  await wait(copy.readyMs)
  const answeredIdle = await end(idle)
  const quiet = begin(address)
  await Promise.all([elsewhere.write(version, files, slowness), askFor(address, copy.readyMs)])
  const answeredQuiet = await end(quiet)
  await elsewhere.remove(version)
  const loading = answeredBusy.filter(({ atMs }) => atMs >= copyStartedMs + copy.copiedMs)
  return { copy, idle: answeredIdle, quiet: answeredQuiet, busy: answeredBusy, loading }
}

/** Asks for the index as often as one does who waits for a version. */
async function askFor(address: string, durationMs: number): Promise<void> {
  const endMs = performance.now() + durationMs
  while (performance.now() < endMs) {
    await indexOf(address)
    await wait(indexPollMs)
  }
}

/** The case for so many copies, each a release of the same model, in turn with its weights in the graph and beside it. */
export async function slowCopy(scope: Scope, copies: number): Promise<readonly Judged[]> {
  const models = scope.folder({ 'steady/1/model.onnx': plus(1) })
  const state = scope.folder()
  const server = scope.serve(models, '--state-dir', state)
  const address = await server.ready
  const elsewhere = new ModelFolder(scope.folder(), 'big')
  const place = { address, folder: new ModelFolder(models, 'big'), elsewhere, audit: new AuditLog(state) }
  const warm = begin(address)
  await wait(settleMs)
  await end(warm)
  const coresUsed = watchCores(server.child.pid!)
  const rounds: Round[] = []
  for (let version = 1; version <= copies; version++) rounds.push(await round(place, version))
  const cores = coresUsed()
  await place.audit.read()
  const failed = place.audit.lines.filter(({ event }) => event === 'failed')
  const early = rounds.flatMap(({ copy }) => copy.early ?? [])
  for (const line of [...failed.map(line => JSON.stringify(line)), ...early])
    process.stdout.write(`  ${line}\n`)
  return figures(rounds, { early: early.length, failed: failed.length, others: cores.others })
}

interface Seen {
  readonly early: number
  readonly failed: number
  /** Cores that neither server nor client used. */
  readonly others: number
}

function figures(rounds: readonly Round[], { early, failed, others }: Seen): readonly Judged[] {
  const [idle, quiet, busy, loading] = (['idle', 'quiet', 'busy', 'loading'] as const).map(of => ({
    all: rounds.flatMap(round => round[of]),
    rounds: rounds.map(round => p99(round[of])),
    worst: quantile(rounds.flatMap(round => round[of]).map(answeredMs), 1)
  }))
  const answers = [...idle!.all, ...quiet!.all, ...busy!.all]
  const refused = answers.filter(({ status }) => status !== 200).length
  const ratios = busy!.rounds.map((value, index) => value / quiet!.rounds[index]!)
  const ms = (what: string, value: number, values: readonly number[]): Judged => ({
    what,
    value,
    unit: 'ms',
    rounds: values
  })
  const lateMs = (arrival: Arrival): number => arrival.lateMs
  const copiedMs = rounds.map(({ copy }) => copy.copiedMs)
  const readyMs = rounds.map(({ copy }) => copy.readyMs - copy.copiedMs)
  return [
    { what: `copies of ${weightBytes / 1e6} MB`, value: rounds.length, unit: 'times' },
    ms('median time of a copy', median(copiedMs), copiedMs),
    ms('median time from its end to ready', median(readyMs), readyMs),
    atMost('loaded before the copy was complete', early, 'times', 0),
    atMost('failed loads', failed, 'times', 0),
    atMost(`failed requests of the other model, of ${answers.length}`, refused, 'requests', 0),
    ms('p99 of the other model, nothing else going on', p99(idle!.all), idle!.rounds),
    ms('p99 while the same was copied to where nobody looks', p99(quiet!.all), quiet!.rounds),
    ms('p99 while a model was copied and loaded', p99(busy!.all), busy!.rounds),
    ms('p99 from the end of the copy to ready', p99(loading!.all), loading!.rounds),
    {
      ...atMost('p99 with ÷ without', p99(busy!.all) / p99(quiet!.all), 'times', p99RatioBudget),
      rounds: ratios
    },
    { what: 'longest while the same was copied elsewhere', value: quiet!.worst, unit: 'ms' },
    { what: 'longest while a model was copied and loaded', value: busy!.worst, unit: 'ms' },
    { what: 'p99 of how late the client sent', value: p99(quiet!.all, lateMs), unit: 'ms' },
    { what: 'the same while it also copied', value: p99(busy!.all, lateMs), unit: 'ms' },
    { what: 'used by whatever else ran on this machine', value: others, unit: 'cores' }
  ]
}
