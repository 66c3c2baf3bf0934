// Reads tap's coverage report and fails below the floor, or when a source file was never loaded: what nobody loads counts nowhere.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder, sourceFiles } from './source-files.ts'

const linesPercentMin = 90
/** They run in a process or a thread of their own, where coverage does not reach. */
const isUnseen = (file: string): boolean =>
  file === 'src/main.ts' || /^src\/backend\/\w+-worker\.ts$/.test(file)

interface Share {
  readonly lines: { readonly total: number; readonly covered: number; readonly pct: number }
}

const report = join(projectFolder, '.tap', 'report', 'coverage-summary.json')
const summary = JSON.parse(readFileSync(report, 'utf8')) as Readonly<Record<string, Share>>
const missing = sourceFiles('src').filter(
  file => !isUnseen(file) && summary[join(projectFolder, file)] === undefined
)
const sources = Object.entries(summary).filter(([file]) => file.startsWith(join(projectFolder, 'src/')))
const total = sources.reduce((sum, [, { lines }]) => sum + lines.total, 0)
const covered = sources.reduce((sum, [, { lines }]) => sum + lines.covered, 0)
const percent = total === 0 ? 0 : (100 * covered) / total

process.stdout.write(
  `coverage: ${percent.toFixed(1)} % of ${total} lines in ${sources.length} source files\n`
)
if (missing.length > 0) process.stderr.write(`never loaded by a test: ${missing.join(', ')}\n`)
if (percent < linesPercentMin) process.stderr.write(`below the floor of ${linesPercentMin} % lines\n`)
process.exitCode = missing.length === 0 && percent >= linesPercentMin ? 0 : 1
