// One contender with one model: started, its answers compared, warmed up, measured in rounds, stopped. What fails is a reason.
import { setTimeout as wait } from 'node:timers/promises'
import { median, rounds as roundsCount, Scope, seconds } from '../harness.ts'
import { inputs } from '../models.ts'
import { type Memory, treeMemory } from '../server.ts'
import { send } from '../v2.ts'
import { type Load, Loader } from '../wrk.ts'
import type { Contender, Listening, Subject } from './peer.ts'

export interface Row {
  readonly model: string
  readonly peer: string
  readonly how: string
  readonly versions?: string
  readonly loads?: readonly Load[]
  readonly requestsPerSecond?: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly memory?: Memory
  /** Why there are no figures, or what is wrong with them. */
  readonly problem?: string
}

const connections = 32
/** A megabyte of JSON a request: with more connections a slow server would not answer within a round. */
const imageConnections = 8
const startMaxMs = 120_000
const pauseMs = 200
const warmupSeconds = Math.min(seconds, 3)
const seeds = [7, 8, 9]
/** Of the largest number: answers differ in the last digits with the threads and the printing. */
const tolerance = 1e-5

/** The outputs for each seed once the server answers. */
async function answers(contender: Contender, server: Listening, subject: Subject): Promise<number[][]> {
  const endMs = performance.now() + startMaxMs
  const one = async (seed: number): Promise<number[]> => {
    const answer = await send(server.address, contender.ask(subject, inputs(subject.shape, seed)))
    return contender.answer(Buffer.from(await answer.arrayBuffer()))
  }
  for (;;) {
    try {
      await one(seeds[0]!)
      break
    } catch (error) {
      if (server.isReady) throw error
      if (!server.running()) throw new Error(`ended before it answered: ${server.said()}`, { cause: error })
      if (performance.now() > endMs)
        throw new Error(`no answer in ${startMaxMs} ms: ${String(error)}`, { cause: error })
      await wait(pauseMs)
    }
  }
  return Promise.all(seeds.map(one))
}

/** What is wrong with the answers, or undefined. */
function difference(given: readonly number[][], expected: readonly number[][]): string | undefined {
  for (const [index, numbers] of given.entries()) {
    const wanted = expected[index]!
    const scale = Math.max(...wanted.map(Math.abs))
    const equal =
      numbers.length === wanted.length &&
      numbers.every((value, at) => Math.abs(value - wanted[at]!) <= tolerance * scale)
    if (!equal)
      return `answers differ: ${numbers.slice(0, 4).join(', ')} instead of ${wanted.slice(0, 4).join(', ')}`
  }
  return undefined
}

/** The loads of every round. Between two of them the requests that the client gave up are finished. */
async function rounds(
  contender: Contender,
  server: Listening,
  subject: Subject,
  scope: Scope
): Promise<Load[]> {
  const ask = contender.ask(subject, subject.data)
  const loader = new Loader(scope, server.address, ask)
  const count = subject.name === 'image' ? imageConnections : connections
  const loads: Load[] = []
  for (let round = 0; round <= roundsCount; round++) {
    loads.push(await loader.run(count, round === 0 ? warmupSeconds : seconds))
    await send(server.address, ask)
  }
  return loads.slice(1)
}

function problemOf(loads: readonly Load[]): string | undefined {
  const wrong = loads.reduce((sum, { refused, broken }) => sum + refused + broken, 0)
  if (wrong > 0) return `${wrong} requests refused or broken`
  return loads.some(({ requests }) => requests === 0) ? 'a round ended without an answer' : undefined
}

async function figures(
  contender: Contender,
  subject: Subject,
  expected: readonly number[][]
): Promise<Partial<Row>> {
  const scope = new Scope()
  try {
    const server = await contender.start(scope, subject)
    const wrong = difference(await answers(contender, server, subject), expected)
    if (wrong !== undefined) return { problem: wrong }
    const loads = await rounds(contender, server, subject, scope)
    const memory = treeMemory(server.pid)
    await server.stop()
    const problem = problemOf(loads)
    return {
      loads,
      requestsPerSecond: median(loads.map(load => load.requestsPerSecond)),
      p50Ms: median(loads.map(load => load.p50Ms)),
      p99Ms: median(loads.map(load => load.p99Ms)),
      memory,
      ...(problem !== undefined && { problem })
    }
  } finally {
    scope.close()
  }
}

/** A row of the table, whatever happens. */
export async function measure(
  contender: Contender,
  subject: Subject,
  expected: readonly number[][]
): Promise<Row> {
  const { peer, how } = contender
  const row = { model: subject.name, peer, how }
  try {
    const measured = await figures(contender, subject, expected)
    return { ...row, versions: contender.versions(), ...measured }
  } catch (error) {
    return { ...row, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** What the runtime says without a server. */
export async function expectedAnswers(subject: Subject): Promise<number[][]> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(subject.path, { executionProviders: ['cpu'] })
  const results: number[][] = []
  for (const seed of seeds) {
    const x = new Tensor('float32', Float32Array.from(inputs(subject.shape, seed)), subject.shape)
    const { y } = await session.run({ x })
    results.push([...(y!.data as Float32Array)])
  }
  await session.release()
  return results
}
