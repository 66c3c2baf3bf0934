// A labelled data set through the model, batch by batch, and the metric that comes out.
import type { RunResult } from '../backend/backend.ts'
import { invariant } from '../base/invariant.ts'
import { messageOf } from '../errors/serving-error.ts'
import type { ScoredFile } from '../repository/gate-file.ts'
import { assembleRows } from '../schema/assemble.ts'
import { typedRow } from '../schema/typed-row.ts'
import { openTable } from '../tabular/open-table.ts'
import type { Row } from '../tabular/table.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import { makeScorer, scoredOutput } from './gate-score.ts'
import {
  failuresMax,
  fileVerdict,
  type GateFailure,
  type GateFileVerdict,
  type GateMetric
} from './gate-verdict.ts'
import type { Validated } from './validate.ts'
import { reasonOf } from './warmup.ts'

export type GateRun = (inputs: readonly NamedTensor[], outputs: readonly string[]) => Promise<RunResult>

export interface GateOptions {
  readonly run: GateRun
  /** Rows of a scored set that are run; a set may say less. */
  readonly rowsMax: number
  /** Rows in one run. */
  readonly rowsPerRun: number
  readonly nowMs: () => number
}

export interface ScoredOptions extends GateOptions {
  readonly lineBytesMax: number
}

/** Rows beyond the bound are counted, and left out. */
export async function runScored(
  set: ScoredFile,
  validated: Validated,
  options: ScoredOptions
): Promise<GateFileVerdict> {
  const output = scoredOutput(set, validated.graph.signature, validated.manifest)
  invariant(typeof output !== 'string', 'a set without an output is refused when it is read')
  const { name: outputName } = output
  const scorer = makeScorer(set, output, validated.manifest)
  const rowsMax = Math.min(options.rowsMax, set.rowsMax ?? Number.POSITIVE_INFINITY)
  const failures: GateFailure[] = []
  let [rows, rowsLeftOut] = [0, 0]
  const fail = (row: number | undefined, problem: string): void =>
    void failures.push({ row, output: outputName, problem })
  try {
    for await (const chunk of openTable(set.path, set.dataName, options).chunks()) {
      const taken = chunk.slice(0, Math.max(0, rowsMax - rows))
      rowsLeftOut += chunk.length - taken.length
      for (let at = 0; at < taken.length && failures.length < failuresMax; at += options.rowsPerRun) {
        const batch = taken.slice(at, at + options.rowsPerRun)
        const problem = await scoreBatch(batch)
        if (problem !== undefined) fail(rows + at, problem)
      }
      rows += taken.length
    }
  } catch (error) {
    fail(undefined, messageOf(error))
  }
  if (rows === 0 && failures.length === 0) fail(undefined, `${set.dataName} has no rows`)
  const { metric: name, atLeast, atMost } = set
  const metric: GateMetric = { name, value: scorer.value(), atLeast, atMost }
  if (failures.length === 0) failures.push(...missed(metric, outputName))
  return fileVerdict({ file: set.file, kind: 'scored', rows, rowsLeftOut, metric }, failures)

  async function scoreBatch(batch: readonly Row[]): Promise<string | undefined> {
    const { graph, features } = validated
    if (batch.some(row => row[set.label] === undefined))
      return `expected a label in column '${set.label}', got nothing (columns: ${Object.keys(batch[0]!).join(', ')})`
    const tensors = assembleRows(
      graph.signature,
      features,
      batch.map(row => typedRow(row, features)),
      (row, feature) => (feature === undefined ? `rows[${row}]` : `rows[${row}].${feature}`)
    )
    if ('problems' in tensors) {
      const [first] = tensors.problems
      return `${first?.path}: ${first?.problem}, expected ${first?.expected}, got ${first?.got ?? 'nothing'}`
    }
    try {
      const result = await options.run(tensors, [outputName])
      const [got] = result.outputs
      invariant(got !== undefined, 'the output that was asked for')
      if (got.shape[0] !== batch.length)
        return `expected ${batch.length} rows of output, got shape ${got.shape.join(',')}`
      return scorer.add(
        batch.map(row => row[set.label]),
        got
      )
    } catch (error) {
      return `the run failed: ${reasonOf(error)}`
    }
  }
}

function missed({ name, value, atLeast, atMost }: GateMetric, output: string): GateFailure[] {
  const got = Number(value.toPrecision(6))
  const failure = (expected: string): GateFailure => ({
    row: undefined,
    output,
    problem: name,
    expected,
    got
  })
  if (Number.isNaN(value)) return [failure('a number')]
  if (atLeast !== undefined && value < atLeast) return [failure(`at least ${atLeast}`)]
  return atMost !== undefined && value > atMost ? [failure(`at most ${atMost}`)] : []
}
