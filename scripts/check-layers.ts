// Runs dependency-cruiser over src/ and fails unless it read every source file and its imports: a cruise that reads nothing
// finds no fault either.
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { projectFolder, sourceFiles } from './source-files.ts'

process.chdir(projectFolder)
const options = await extractDepcruiseOptions('./.dependency-cruiser.cjs')
const { output } = await cruise(['src'], options, undefined, { tsConfig: extractTSConfig('./tsconfig.json') })
const { modules, summary } = output as ICruiseResult

const problems = summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)
const read = new Map(modules.map(module => [module.source, module.dependencies.length]))
const missed = sourceFiles('src').filter(file => !read.has(file))
if (missed.length > 0) problems.push(`not read: ${missed.join(', ')}`)
const imports = [...read.values()].reduce((total, count) => total + count, 0)
// The composition root alone imports more than this; a parser that understood nothing counts none.
if (imports < read.size) problems.push(`only ${imports} imports found in ${read.size} modules`)

for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stdout.write(`layers: ${read.size} modules, ${imports} imports, ${problems.length} problems\n`)
process.exitCode = problems.length === 0 ? 0 : 1
