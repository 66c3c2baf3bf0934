// A V1 body → an inference request that fits a version: rows (`instances`) or columns (`inputs`).
import { problemsError } from '../../errors/serving-error.ts'
import type { Contract } from '../../schema/contract.ts'
import { takesWideIntegers } from '../../schema/signature.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'
import { readColumns } from '../records/columns.ts'
import { type RecordsRequest, requestOf, wantedOutputs } from '../records/read.ts'
import { readRows } from '../records/rows.ts'
import { predictRequestSchema } from './schemas.ts'

const keys = Object.keys(predictRequestSchema.shape)

/** Throws INVALID_JSON, INVALID_REQUEST (the envelope) or INVALID_INPUT (the values). */
export function readV1Body(body: Uint8Array, contract: Contract): RecordsRequest {
  const json = parseJsonBody(body, takesWideIntegers(contract.signature))
  const envelope = parseEnvelope(predictRequestSchema, json, () => keys)
  const { instances, inputs, classes = false } = envelope
  if ((instances === undefined) === (inputs === undefined)) {
    const got = instances === undefined ? 'neither' : 'both'
    throw problemsError('INVALID_REQUEST', [
      { path: 'body', problem: 'not valid', expected: 'exactly one of instances and inputs', got }
    ])
  }
  const outputs = wantedOutputs(contract, envelope.outputs)
  const read =
    instances === undefined
      ? readColumns(inputs, contract, 'inputs')
      : readRows(instances, contract, 'instances')
  const form = instances === undefined ? 'columns' : 'rows'
  return { ...requestOf(read, contract), outputs, parameters: {}, form, classes }
}
