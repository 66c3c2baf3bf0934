// The server is killed at random moments while versions come, change and go, and started again: each time exactly the newest good versions
// serve, no request meets anything else, and the audit log is whole but for the line that a loss of power would cut short.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Random, randomBelow, seededRandom } from '../../src/base/random.ts'
import type { KedgeProcess } from '../../test/helpers/process.ts'
import { AuditLog } from '../../test/helpers/releases/audit-log.ts'
import { ModelFolder } from '../../test/helpers/releases/model-folder.ts'
import { predict } from '../../test/helpers/releases/prediction.ts'
import { indexOf } from '../../test/helpers/releases/repository-index.ts'
import { median, quantile, type Scope } from '../harness.ts'
import { processTree, startOf } from '../server.ts'
import { atMost, type Judged } from './budget.ts'
import { Shelf } from './shelf.ts'

const quick = ['--repository-poll-ms', '100', '--repository-stable-ms', '150']
/** A kill comes so long after the changes begin at most: some swaps are over by then, most are not. */
const killWithinMs = 700
const settleMaxMs = 60_000
const askPauseMs = 20
const orphanMaxMs = 10_000
const historyRowsMax = 1000
/** One kill in so many also loses the end of the log's last line, as a machine does that loses power. */
const cutEvery = 5

async function readAudit(state: string): Promise<AuditLog> {
  const audit = new AuditLog(state)
  await audit.read()
  return audit
}

/** What went wrong, in words; and what is worth a figure. */
class Findings {
  readonly wrong: string[] = []
  readonly refused: string[] = []
  readonly histories: string[] = []
  /** What descended from each server when it was killed, with when it began. */
  readonly children = new Map<number, string | undefined>()
  readonly backMs: number[] = []
  interrupted = 0
  changes = 0
  /** What is left of the lines that were cut short. */
  readonly cut: string[] = []
}

/** Waits until exactly the version that has to serve does, and asks all the while. */
async function settled(address: string, shelf: Shelf, found: Findings): Promise<void> {
  const { model, expected } = shelf
  const endMs = performance.now() + settleMaxMs
  for (;;) {
    const answer = await predict(address, model).catch((error: unknown) => String(error))
    if (typeof answer === 'string') found.refused.push(`${model}: ${answer}`)
    else if (!shelf.mayServe(answer))
      found.wrong.push(`${model}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(answer)}`)
    const index = await indexOf(address)
    const ready = index.filter(({ name, state }) => name === model && state === 'READY')
    const isOnly = ready.length === 1 && ready[0]?.version === String(expected.version)
    if (isOnly && isDeepStrictEqual(answer, expected)) return
    if (performance.now() > endMs) {
      const seen = `${JSON.stringify(answer)} and the index ${JSON.stringify(index)}`
      found.wrong.push(`${model}: expected ${JSON.stringify(expected)} at last, got ${seen}`)
      return
    }
    await wait(askPauseMs)
  }
}

/** The history is what the log has of the model, once both have come to rest. */
async function checkHistory(
  address: string,
  state: string,
  { model }: Shelf,
  found: Findings
): Promise<void> {
  const endMs = performance.now() + settleMaxMs / 10
  for (;;) {
    const answer = await fetch(`${address}/v2/models/${model}/history?limit=${historyRowsMax}`)
    const text = await answer.text()
    const { lines } = await readAudit(state)
    const expected = lines.filter(line => line.model === model).reverse()
    if (answer.ok) {
      const { events } = JSON.parse(text) as { readonly events: readonly object[] }
      if (isDeepStrictEqual(events, expected.slice(0, historyRowsMax))) return
    }
    if (performance.now() > endMs) {
      found.histories.push(`${model}: status ${answer.status}, ${text.slice(0, 300)}`)
      return
    }
    await wait(askPauseMs)
  }
}

/** What descends from the server, to be looked for after its end. */
function descendants(pid: number): ReadonlyMap<number, string | undefined> {
  return new Map(
    processTree(pid)
      .slice(1)
      .map(child => [child, startOf(child)])
  )
}

/** Those that are still there a while after their servers have gone: a process that starts or loads sees that only afterwards. */
async function orphansOf(children: ReadonlyMap<number, string | undefined>): Promise<number[]> {
  const endMs = performance.now() + orphanMaxMs
  for (;;) {
    const left = [...children].filter(([pid, start]) => start !== undefined && startOf(pid) === start)
    if (left.length === 0 || performance.now() > endMs) return left.map(([pid]) => pid)
    await wait(askPauseMs)
  }
}

/** Cuts the last line of the log short; what is left of it. */
async function cutShort(state: string, random: Random): Promise<string[]> {
  const { lines, unfinished } = await readAudit(state)
  const path = join(state, 'audit.jsonl')
  const text = readFileSync(path, 'utf8')
  const last = text.trimEnd().split('\n').at(-1) ?? ''
  // Not one that was cut before, and that nothing was written after.
  if (lines.length === 0 || unfinished !== '') return []
  const left = last.slice(0, 1 + randomBelow(last.length - 1, random))
  writeFileSync(path, `${text.slice(0, text.lastIndexOf(last))}${left}`)
  return [left]
}

/** Lines whose time is before that of the line above. */
function disordered({ lines }: AuditLog): number {
  return lines.filter(({ time }, index) => Date.parse(time) < Date.parse(lines[index - 1]?.time ?? time))
    .length
}

/** Begins changes of one or all models, and kills the server in the middle of them. Settles with what still goes on. */
async function killOnce(
  server: KedgeProcess,
  shelves: readonly Shelf[],
  { state, random, found }: { state: string; random: Random; found: Findings }
): Promise<{ readonly done: Promise<unknown> }> {
  const before = (await readAudit(state)).lines.length
  const chosen = random() < 0.5 ? shelves : [shelves[randomBelow(shelves.length, random)]!]
  const changes = chosen.map(shelf => shelf.change(random))
  const done = Promise.all(changes.map(change => change.done))
  await wait(random() * killWithinMs)
  for (const [pid, start] of descendants(server.child.pid!)) found.children.set(pid, start)
  server.child.kill('SIGKILL')
  await server.exited
  const since = (await readAudit(state)).lines.slice(before)
  found.changes += chosen.length
  found.interrupted += chosen.filter(({ model }) => !since.some(line => line.model === model)).length
  if (randomBelow(cutEvery, random) === 0) found.cut.push(...(await cutShort(state, random)))
  // A folder may be half written while the next server starts.
  if (random() < 0.5) await done
  return { done }
}

/** The case for so many kills; the same seed makes the same changes, though not the same moments. */
export async function killSwaps(scope: Scope, kills: number, seed: number): Promise<readonly Judged[]> {
  process.stdout.write(`  seed ${seed} (SOAK_SEED)\n`)
  const [models, state] = [scope.folder(), scope.folder()]
  const shelves = ['a', 'b'].map(model => new Shelf(model, new ModelFolder(models, model)))
  for (const { model } of shelves) mkdirSync(join(models, model))
  for (const shelf of shelves) await shelf.fill()
  const random = seededRandom(seed)
  const found = new Findings()
  let changing = { done: Promise.resolve<unknown>(undefined) }
  for (let kill = 0; kill <= kills; kill++) {
    const startedMs = performance.now()
    const server = scope.serve(models, '--state-dir', state, ...quick)
    const address = await server.ready
    found.backMs.push(performance.now() - startedMs)
    await Promise.all([changing.done, ...shelves.map(shelf => settled(address, shelf, found))])
    for (const shelf of shelves) await shelf.tidy()
    for (const shelf of shelves) await settled(address, shelf, found)
    for (const shelf of shelves) await checkHistory(address, state, shelf, found)
    if (kill < kills) {
      changing = await killOnce(server, shelves, { state, random, found })
    } else {
      server.child.kill('SIGTERM')
      await server.exited
    }
  }
  for (const line of [found.wrong, found.refused, found.histories].flat().slice(0, 20))
    process.stdout.write(`  ${line}\n`)
  return figures(kills, found, { audit: await readAudit(state), orphans: await orphansOf(found.children) })
}

function figures(
  kills: number,
  found: Findings,
  { audit, orphans }: { audit: AuditLog; orphans: readonly number[] }
): readonly Judged[] {
  const { changes, interrupted, cut, backMs } = found
  const torn = audit.torn.filter((line, index) => line !== cut[index])
  return [
    { what: 'kills', value: kills, unit: 'times' },
    {
      what: 'changes that no line of the log told of when the kill came',
      value: interrupted,
      unit: `of ${changes}`
    },
    { what: 'median time from start to ready', value: median(backMs), unit: 'ms' },
    { what: 'p99 of the time from start to ready', value: quantile(backMs, 0.99), unit: 'ms' },
    atMost('wrong versions after a restart', found.wrong.length, 'times', 0),
    atMost('requests refused after a restart was ready', found.refused.length, 'requests', 0),
    atMost('histories that are not what the log has', found.histories.length, 'times', 0),
    atMost('processes that outlived their server', orphans.length, 'processes', 0),
    { what: 'lines of the log', value: audit.lines.length, unit: 'lines' },
    { what: 'lines cut short on purpose', value: cut.length, unit: 'lines' },
    atMost('other lines that are no JSON', torn.length, 'lines', 0),
    atMost('lines before their time', disordered(audit), 'lines', 0),
    atMost('bytes after the last line', audit.unfinished.length, 'bytes', 0)
  ]
}
