// The tests of a version, run before it serves: cases with known answers, and labelled sets with a bound on a metric. The verdict has
// the evidence; whoever asked decides what follows from it.
import { messageOf } from '../errors/serving-error.ts'
import { readV2Body } from '../protocol/v2/decode.ts'
import {
  type CaseFile,
  type GateFileLimits,
  readGateFiles,
  type ScoredFile
} from '../repository/gate-file.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { bareContract } from '../schema/contract.ts'
import type { InferenceRequest } from '../tensor/tensor.ts'
import { rowsOf } from '../tensor/tensor.ts'
import { compareOutput } from './gate-compare.ts'
import { scoredOutput } from './gate-score.ts'
import { type GateOptions, type GateRun, runScored } from './gate-scored.ts'
import { fileVerdict, type GateFailure, type GateFileVerdict, type GateVerdict } from './gate-verdict.ts'
import { copied } from './measure.ts'
import type { Validated } from './validate.ts'
import { reasonOf } from './warmup.ts'

export const gateMissing = 'model.yaml requires a gate, and the version has none: put tests into gate/'

export interface GateLimits extends GateFileLimits {
  readonly tensorsPerRequestMax: number
}

interface Case {
  readonly file: CaseFile
  readonly request: InferenceRequest
}

export interface Gate {
  readonly cases: readonly Case[]
  readonly sets: readonly ScoredFile[]
  readonly lineBytesMax: number
}

/** Undefined where the version has no gate. Throws Error with everything that is wrong with its files. */
export async function readGate(
  version: ScannedVersion,
  { graph, manifest }: Validated,
  limits: GateLimits
): Promise<Gate | undefined> {
  const files = await readGateFiles(version, limits)
  if (files.length === 0) return undefined
  const problems: string[] = []
  const cases: Case[] = []
  for (const file of files) {
    if (file.kind === 'scored') {
      const output = scoredOutput(file, graph.signature, manifest)
      if (typeof output === 'string') problems.push(`${file.file}: ${output}`)
      continue
    }
    try {
      const body = { body: Buffer.from(file.request), headerLength: undefined }
      cases.push({
        file,
        request: readV2Body(body, bareContract(graph.signature), limits.tensorsPerRequestMax)
      })
    } catch (error) {
      problems.push(`${file.file}: request: ${messageOf(error)}`)
    }
  }
  if (problems.length > 0) throw new Error(problems.join('; '))
  return { cases, sets: files.filter(file => file.kind === 'scored'), lineBytesMax: limits.gateBytesMax }
}

/** Never throws: a run that fails is a failure of the gate. */
export async function runGate(gate: Gate, validated: Validated, options: GateOptions): Promise<GateVerdict> {
  const startedMs = options.nowMs()
  const runsMs: number[] = []
  const run: GateRun = async (inputs, outputs) => {
    const result = await options.run(inputs, outputs)
    runsMs.push(result.runMs)
    return result
  }
  const files: GateFileVerdict[] = []
  const everyOutput = validated.graph.signature.outputs.map(({ name }) => name)
  for (const one of gate.cases) files.push(await runCase(one, everyOutput, run))
  for (const set of gate.sets)
    files.push(await runScored(set, validated, { ...options, run, lineBytesMax: gate.lineBytesMax }))
  return verdictOf(files, runsMs, validated, options.nowMs() - startedMs)
}

async function runCase(
  { file, request }: Case,
  everyOutput: readonly string[],
  run: GateRun
): Promise<GateFileVerdict> {
  const rows = request.inputs.length === 0 ? 0 : rowsOf(request.inputs[0])
  let failures: GateFailure[]
  try {
    const { outputs } = await run(copied(request.inputs), everyOutput)
    failures = file.expected.flatMap(expected =>
      compareOutput(
        expected,
        outputs.find(({ name }) => name === expected.name)
      )
    )
  } catch (error) {
    failures = [{ row: undefined, output: undefined, problem: `the run failed: ${reasonOf(error)}` }]
  }
  return fileVerdict({ file: file.file, kind: 'case', rows, rowsLeftOut: 0 }, failures)
}

function verdictOf(
  files: readonly GateFileVerdict[],
  runsMs: readonly number[],
  { manifest }: Validated,
  durationMs: number
): GateVerdict {
  const { runMsMax: max, slowRun } = manifest.gate
  const median = [...runsMs].sort((a, b) => a - b)[Math.floor(runsMs.length / 2)] ?? 0
  const isSlow = max !== undefined && median > max
  const slow = `the median run takes ${median.toPrecision(3)} ms, at most ${max} are allowed (gate.runMsMax)`
  const failed = files.find(({ passed }) => !passed)
  const passed = failed === undefined && !(isSlow && slowRun === 'fail')
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const fine = `${files.length} ${files.length === 1 ? 'file' : 'files'} passed, ${rows} rows`
  return {
    passed,
    summary: failed !== undefined ? failedSummary(failed) : passed ? fine : slow,
    files,
    runMs: { median, max, passed: !isSlow },
    warnings: isSlow && slowRun === 'warn' ? [slow] : [],
    durationMs
  }
}

/** One line: the first failure, and how many more. */
function failedSummary({ file, failures, failuresLeftOut }: GateFileVerdict): string {
  const [first] = failures
  const more = failures.length + failuresLeftOut - 1
  const where = [first?.output, first?.row === undefined ? undefined : `row ${first.row}`]
    .filter(Boolean)
    .join(', ')
  const what =
    first?.expected === undefined ? '' : `: expected ${String(first.expected)}, got ${String(first.got)}`
  return `${file}: ${where === '' ? '' : `${where}: `}${first?.problem ?? 'failed'}${what}${more > 0 ? ` (and ${more} more)` : ''}`
}
