// A V1 body → an inference request that fits a version: rows (`instances`) or columns (`inputs`).
import { problemsError, type ServingError } from '../../errors/serving-error.ts'
import type { Contract } from '../../schema/contract.ts'
import { takesWideIntegers } from '../../schema/signature.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'
import { readColumns } from '../records/columns.ts'
import { type QuickRecords, quickRecords } from '../records/quick-records.ts'
import { type RecordsRequest, requestOf, wantedOutputs } from '../records/read.ts'
import { readRows } from '../records/rows.ts'
import { predictRequestSchema } from './schemas.ts'

const keys = Object.keys(predictRequestSchema.shape)

/** Throws INVALID_JSON, INVALID_REQUEST (the envelope) or INVALID_INPUT (the values). */
export function readV1Body(body: Uint8Array, contract: Contract): RecordsRequest {
  const quick = quickRecords(body, contract)
  const beside = quick && restOf(quick.rest)
  if (quick !== undefined && beside !== undefined) return readQuickly(quick, beside, contract)
  const json = parseJsonBody(body, takesWideIntegers(contract.signature))
  const envelope = parseEnvelope(predictRequestSchema, json, () => keys)
  const { instances, inputs, classes = false } = envelope
  if ((instances === undefined) === (inputs === undefined))
    throw wrongForms(instances === undefined ? 'neither' : 'both')
  const outputs = wantedOutputs(contract, envelope.outputs)
  const read =
    instances === undefined
      ? readColumns(inputs, contract, 'inputs')
      : readRows(instances, contract, 'instances')
  const form = instances === undefined ? 'columns' : 'rows'
  return { ...requestOf(read, contract), outputs, parameters: {}, form, classes }
}

/** What the envelope holds beside the records; undefined where that is for the general reader to refuse. */
function restOf(text: string): object | undefined {
  if (text === '{}') return {}
  try {
    const rest = parseJsonBody(Buffer.from(text), false) as object
    // Of two lists of records the last counts.
    return Object.hasOwn(rest, 'instances') ? undefined : rest
  } catch {
    return undefined
  }
}

/** What stands beside the records is checked as ever; a placeholder stands for them. */
function readQuickly(quick: QuickRecords, rest: object, contract: Contract): RecordsRequest {
  const envelope = parseEnvelope(predictRequestSchema, { instances: [null], ...rest }, () => keys)
  if (envelope.inputs !== undefined) throw wrongForms('both')
  const outputs = wantedOutputs(contract, envelope.outputs)
  const { classes = false } = envelope
  return { ...requestOf(quick, contract), outputs, parameters: {}, form: 'rows', classes }
}

function wrongForms(got: string): ServingError {
  return problemsError('INVALID_REQUEST', [
    { path: 'body', problem: 'not valid', expected: 'exactly one of instances and inputs', got }
  ])
}
