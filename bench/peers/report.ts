// The table of the peers, as Markdown and JSON.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machine, resultsFolder } from '../harness.ts'
import type { Row } from './measure.ts'

const megabytes = (bytes: number | undefined): string =>
  bytes === undefined ? '–' : (bytes / 1e6).toFixed(0)
const digits = (value: number | undefined, count: number): string => value?.toFixed(count) ?? '–'
/** One line for a cell: the first that names an error, or else the first. The whole text is in the JSON. */
export function shortly(problem: string): string {
  const lines = problem.split('\n').map(line => line.trim())
  const said = lines.find(line => /^[\w.]*(Error|Exception)\b/.test(line)) ?? lines[0] ?? ''
  return said.replaceAll('|', '\\|').slice(0, 200)
}

/** The fastest way to run each peer. */
function best(rows: readonly Row[]): Set<Row> {
  const fastest = new Map<string, Row>()
  for (const row of rows) {
    const leader = fastest.get(row.peer)
    if ((row.requestsPerSecond ?? 0) > (leader?.requestsPerSecond ?? 0)) fastest.set(row.peer, row)
  }
  return new Set(fastest.values())
}

function line(row: Row, isBest: boolean, kedge: number | undefined): string {
  const times =
    kedge === undefined || row.requestsPerSecond === undefined
      ? '–'
      : (row.requestsPerSecond / kedge).toFixed(2)
  const rate = digits(row.requestsPerSecond, 0)
  const cells = [
    row.peer,
    row.problem === undefined ? row.how : `${row.how}: ${shortly(row.problem)}`,
    isBest ? `**${rate}**` : rate,
    times,
    digits(row.p50Ms, 2),
    digits(row.p99Ms, 2),
    megabytes(row.memory?.rssBytes),
    megabytes(row.memory?.pssBytes)
  ]
  return `| ${cells.join(' | ')} |`
}

const head = `| server | how | requests/s | ÷ Kedge | p50 ms | p99 ms | RSS MB | PSS MB |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |`

/** One table a model, then what was measured. */
export function markdown(rows: readonly Row[]): string {
  const tables = [...new Set(rows.map(row => row.model))].map(model => {
    const ofModel = rows.filter(row => row.model === model)
    const bestRows = best(ofModel)
    const kedge = ofModel.find(row => row.peer === 'Kedge')?.requestsPerSecond
    return `### ${model}\n\n${head}\n${ofModel.map(row => line(row, bestRows.has(row), kedge)).join('\n')}\n`
  })
  const versions = new Map(
    rows.flatMap(row => (row.versions === undefined ? [] : [[row.peer, row.versions]]))
  )
  const list = [...versions].map(([peer, text]) => `- ${peer}: ${text}`).join('\n')
  const place = Object.entries(machine()).map(([name, value]) => `${name} ${String(value)}`)
  return `${tables.join('\n')}\n${list}\n- machine: ${place.join(', ')}\n`
}

/** Keeps the table and every round under bench/results/. */
export function keepPeers(rows: readonly Row[]): void {
  mkdirSync(resultsFolder, { recursive: true })
  const date = new Date().toISOString().slice(0, 10)
  const result = { benchmark: 'peers', date, machine: machine(), rows }
  writeFileSync(join(resultsFolder, 'peers.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(resultsFolder, 'peers.md'), markdown(rows))
}
