// What every benchmark needs: a Kedge in a process of its own, statistics, and a result that is printed and kept.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectFolder } from '../scripts/source-files.ts'
import { type KedgeProcess, kedge } from '../test/helpers/process.ts'

/** One line of a result. `ratio` is the value divided by its budget or baseline. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly budget?: string
  readonly ratio?: number
  /** What `ratio` (or else `value`) is the median of, one number a round. */
  readonly rounds?: readonly number[]
}

/** How long one measurement takes and how often it is repeated: BENCH_SECONDS and BENCH_ROUNDS, for trying the scripts out. */
export const seconds = wholeNumber('BENCH_SECONDS', 3)
export const rounds = wholeNumber('BENCH_ROUNDS', 5)

/** What the environment says, or else `byDefault`. */
export function wholeNumber(name: string, byDefault: number): number {
  const value = Number(process.env[name] ?? byDefault)
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number from 1`)
  return value
}

/** A benchmark: its name is the argument of `npm run bench` that chooses it. */
export interface Benchmark {
  readonly name: string
  run(scope: Scope): Promise<readonly Figure[]>
}

// A benchmark that is interrupted leaves through 'exit' as well, so that no server outlives it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** What has to be undone when a benchmark ends, in reverse order. */
export class Scope {
  readonly #undo: (() => void)[] = []
  readonly #onExit = (): void => this.close()

  constructor() {
    process.once('exit', this.#onExit)
  }

  teardown(undo: () => void): void {
    this.#undo.push(undo)
  }

  close(): void {
    process.off('exit', this.#onExit)
    for (const undo of this.#undo.splice(0).reverse()) undo()
  }

  /** A fresh folder with these files. */
  folder(files: Readonly<Record<string, Uint8Array | string>> = {}): string {
    const root = mkdtempSync(join(tmpdir(), 'kedge-bench-'))
    this.teardown(() => rmSync(root, { recursive: true, force: true }))
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), content)
    }
    return root
  }

  /** Kedge as it is shipped, on a free port. */
  serve(models: string, ...flags: readonly string[]): KedgeProcess {
    const state = ['--state-dir', this.folder()]
    const args = ['serve', '--models', models, '--port', '0', ...state, ...flags]
    return kedge(this, args, {}, process.env['KEDGE_EXECUTABLE'])
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The nearest-rank quantile. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

/**
 * Measures every contender in turn, A B C A B C …, so that whatever the machine does meanwhile befalls all of them alike.
 * Each has one unrecorded round before.
 */
export async function interleaved<Name extends string, Result>(
  contenders: Readonly<Record<Name, () => Promise<Result>>>
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(contenders) as Name[]
  const results = Object.fromEntries(names.map(name => [name, [] as Result[]])) as Record<Name, Result[]>
  for (let round = 0; round <= rounds; round++)
    for (const name of names) {
      const result = await contenders[name]()
      if (round > 0) results[name].push(result)
    }
  return results
}

/** The ratio of each round. */
export function ratios(values: readonly number[], baselines: readonly number[]): number[] {
  return values.map((value, round) => value / (baselines[round] ?? Number.NaN))
}

/** CPU time that a process has used, as Linux counts it: in ticks of ten milliseconds. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Resident memory of a process in bytes, as Linux tells it. */
export function rssBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}

export function print(figures: readonly Figure[]): void {
  for (const { what, value, unit, budget, ratio } of figures) {
    const against = ratio === undefined ? '' : `  ÷ = ${ratio.toFixed(2)}`
    const wanted = budget === undefined ? '' : `  (budget ${budget})`
    process.stdout.write(`  ${what}: ${value.toFixed(2)} ${unit}${against}${wanted}\n`)
  }
}

/** Where figures come from. The load tells whether the machine had something else to do. */
export function machine(): object {
  return {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    node: process.version,
    loadAverage: loadavg()[0],
    seconds,
    rounds
  }
}

/** Where results are kept; BENCH_RESULTS is another place, for runs that are only tries. */
export const resultsFolder = process.env['BENCH_RESULTS'] ?? join(projectFolder, 'bench', 'results')

/** Keeps the raw output. */
export function keep(name: string, figures: readonly Figure[]): void {
  const result = { benchmark: name, date: new Date().toISOString().slice(0, 10), machine: machine(), figures }
  mkdirSync(resultsFolder, { recursive: true })
  writeFileSync(join(resultsFolder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
