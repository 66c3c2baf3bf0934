// What a benchmark found: one document, and the same as a table for people. Figures that nothing was measured for are null.
import { formatByteSize } from '../../base/byte-size.ts'
import type { Histogram } from './histogram.ts'
import type { ServerFigures } from './server-stats.ts'
import { lateMs, type Tally } from './tally.ts'
import { type Stability, stabilityOf, type Window } from './windows.ts'

export type LoadKind =
  | { readonly kind: 'closed'; readonly concurrency: number }
  | { readonly kind: 'open'; readonly ratePerSecond: number; readonly outstandingMax: number }

export interface PayloadFacts {
  readonly kind: 'json' | 'binary' | 'file'
  readonly rows: number
  /** The mean over all of them. */
  readonly bytes: number
  readonly count: number
}

export interface BenchSetup {
  readonly url: string
  readonly model: string
  /** Null: the server's choice. */
  readonly version: string | null
  readonly load: LoadKind
  readonly payload: PayloadFacts
  readonly warmUpSeconds: number
  readonly durationSeconds: number
  readonly seed: number
}

interface Latency {
  readonly mean: number | null
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly 'p99.9': number | null
  readonly max: number | null
}

export interface Report extends BenchSetup {
  /** Meant to start in the measured time and sent; `failed` of them were not answered with 2xx. */
  readonly requests: number
  readonly failed: number
  readonly errorsByStatus: Readonly<Record<string, number>>
  readonly firstError: string | null
  /** Not sent, because too many were unanswered. */
  readonly dropped: number
  /** Sent late by this process. */
  readonly late: number
  /** Answered with 2xx within the measured time. */
  readonly requestsPerSecond: number
  readonly rowsPerSecond: number
  /** Of answers with 2xx. */
  readonly latencyMs: Latency
  readonly stability: Stability
  readonly windowSeconds: number
  readonly windows: readonly { readonly requestsPerSecond: number; readonly p99Ms: number | null }[]
  /** Null where the server keeps no statistics. */
  readonly server: ServerFigures | null
}

export function makeReport(
  setup: BenchSetup,
  windowSeconds: number,
  tally: Tally,
  server: ServerFigures | null
): Report {
  const requestsPerSecond = tally.completed / setup.durationSeconds
  return {
    ...setup,
    requests: tally.latency.count + tally.failed,
    failed: tally.failed,
    errorsByStatus: Object.fromEntries([...tally.errorsByStatus].sort(([a], [b]) => a.localeCompare(b))),
    firstError: tally.firstError ?? null,
    dropped: tally.dropped,
    late: tally.late,
    requestsPerSecond: rounded(requestsPerSecond),
    rowsPerSecond: rounded(requestsPerSecond * setup.payload.rows),
    latencyMs: latencyOf(tally.latency),
    stability: stabilityOf(tally.windows),
    windowSeconds,
    windows: tally.windows.map(windowFacts),
    server
  }
}

function windowFacts({ requestsPerSecond, p99Ms }: Window) {
  return { requestsPerSecond: rounded(requestsPerSecond), p99Ms: figure(p99Ms) }
}

function latencyOf(histogram: Histogram): Latency {
  return {
    mean: figure(histogram.meanMs),
    p50: figure(histogram.quantileMs(0.5)),
    p90: figure(histogram.quantileMs(0.9)),
    p95: figure(histogram.quantileMs(0.95)),
    p99: figure(histogram.quantileMs(0.99)),
    'p99.9': figure(histogram.quantileMs(0.999)),
    max: figure(histogram.maxMs)
  }
}

/** Four significant digits, more than a measurement is worth. */
const rounded = (value: number): number => Number(value.toPrecision(4))
const figure = (value: number): number | null => (Number.isFinite(value) ? rounded(value) : null)

/** Two columns: what, and how much. */
export function reportText(report: Report): string {
  const lines: [string, string][] = [
    ['model', modelText(report)],
    ['load', loadText(report)],
    ['payload', payloadText(report.payload)],
    ['requests', `${countText(report.requests)}, of which ${countText(report.failed)} failed`],
    ...errorLines(report),
    ...openLoopLines(report),
    ['requests/s', numberText(report.requestsPerSecond)],
    ['rows/s', numberText(report.rowsPerSecond)],
    ...Object.entries(report.latencyMs).map(([name, value]: [string, number | null]): [string, string] => [
      `latency ${name}`,
      msText(value)
    ]),
    ...serverLines(report.server),
    [report.stability.stable ? 'stable' : 'not stable', stabilityText(report)]
  ]
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('')
}

function modelText({ model, version, url }: BenchSetup): string {
  return `${model}${version === null ? '' : `, version ${version}`}, at ${url}`
}

function loadText({ load, durationSeconds, warmUpSeconds, seed }: BenchSetup): string {
  const kind =
    load.kind === 'closed'
      ? `closed loop, ${load.concurrency} at once`
      : `open loop, ${numberText(load.ratePerSecond)} a second (seed ${seed})`
  return `${kind}, ${durationSeconds} s after ${warmUpSeconds} s of warm-up`
}

function payloadText({ kind, rows, bytes, count }: PayloadFacts): string {
  const what = { json: 'JSON', binary: 'binary tensors', file: 'JSON of a file' }[kind]
  const size = formatByteSize(Math.round(bytes))
  return `${what}, ${size}, ${rows} row${rows === 1 ? '' : 's'}, ${count === 1 ? 'always the same' : `${count} in turn`}`
}

function errorLines({ errorsByStatus, firstError }: Report): [string, string][] {
  const lines = Object.entries(errorsByStatus).map(([status, count]): [string, string] => [
    `errors ${status}`,
    countText(count)
  ])
  return firstError === null ? lines : [...lines, ['first error', firstError]]
}

function openLoopLines({ load, dropped, late }: Report): [string, string][] {
  if (load.kind === 'closed') return []
  return [
    ['dropped', `${countText(dropped)} (more than ${load.outstandingMax} were unanswered)`],
    ['sent late', `${countText(late)} (more than ${lateMs} ms after their time)`]
  ]
}

function serverLines(server: ServerFigures | null): [string, string][] {
  if (server === null) return []
  return [
    ['server queue', `${msText(server.queueMeanMs)} (mean)`],
    ['server infer', `${msText(server.inferMeanMs)} (mean)`],
    ['rows a run', server.rowsPerRun === null ? 'none' : numberText(server.rowsPerRun)]
  ]
}

function stabilityText({ stability, windowSeconds }: Report): string {
  return `${stability.reason}, ${windowSeconds} s each`
}

const countText = (count: number): string => count.toLocaleString('en-US')
const numberText = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
const msText = (value: number | null): string => (value === null ? 'none' : `${numberText(value)} ms`)
