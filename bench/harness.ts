// What every benchmark needs: a Kedge in a process of its own, statistics, and a result that is printed and kept.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
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
}

/** A benchmark: its name is the argument of `npm run bench` that chooses it. */
export interface Benchmark {
  readonly name: string
  run(scope: Scope): Promise<readonly Figure[]>
}

/** What has to be undone when a benchmark ends, in reverse order. */
export class Scope {
  readonly #undo: (() => void)[] = []

  teardown(undo: () => void): void {
    this.#undo.push(undo)
  }

  close(): void {
    for (const undo of this.#undo.reverse()) undo()
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
    return kedge(this, ['serve', '--models', models, '--port', '0', ...state, ...flags])
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

/** Keeps the raw output under bench/results/. */
export function keep(name: string, figures: readonly Figure[]): void {
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), node: process.version }
  const result = { benchmark: name, date: new Date().toISOString().slice(0, 10), machine, figures }
  const folder = join(projectFolder, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
