// Decoding and encoding rows and columns as tasks for another thread: a few megabytes of JSON take longer than most models.
import type { Contract } from '../../schema/contract.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import { packed } from '../../tensor/transfer.ts'
import { accepted, type Refusal, type RunTask, refusal, wholeBuffer } from '../elsewhere.ts'
import { readInvocation } from '../mlflow/decode.ts'
import { invocationResponse } from '../mlflow/encode.ts'
import { readV1Body } from '../v1/decode.ts'
import { v1Response } from '../v1/encode.ts'
import type { RecordsRequest } from './read.ts'
import type { OutputNames, RecordsWishes } from './write.ts'

/** The dialects of rows and columns. */
export type RecordsDialect = 'v1' | 'mlflow'

export const readers = { v1: readV1Body, mlflow: readInvocation } as const
export const writers = { v1: v1Response, mlflow: invocationResponse } as const

interface DecodeWork {
  readonly dialect: RecordsDialect
  readonly body: Uint8Array
  readonly contract: Contract
}

export interface EncodeWork {
  readonly dialect: RecordsDialect
  readonly outputs: readonly NamedTensor[]
  readonly wishes: RecordsWishes
  readonly names: OutputNames
}

/** What runs over there. */
export const recordsTasks = {
  decodeRecords({ dialect, body, contract }: DecodeWork) {
    try {
      const request = readers[dialect](body, contract)
      const { tensors, transfer } = packed(request.inputs)
      return { output: { ...request, inputs: tensors }, transfer }
    } catch (error) {
      return refusal(error)
    }
  },
  encodeRecords({ dialect, outputs, wishes, names }: EncodeWork) {
    try {
      const bytes = new TextEncoder().encode(writers[dialect](outputs, wishes, names))
      return { output: bytes, transfer: wholeBuffer(bytes) }
    } catch (error) {
      return refusal(error)
    }
  }
}

/** The memory of `body` moves there. Throws what the dialect's reader throws. */
export async function decodeRecordsElsewhere(run: RunTask, work: DecodeWork): Promise<RecordsRequest> {
  const output = await run('decodeRecords', work, wholeBuffer(work.body))
  return accepted(output as RecordsRequest | Refusal)
}

/** Throws what the dialect's writer throws. */
export async function encodeRecordsElsewhere(run: RunTask, work: EncodeWork): Promise<Uint8Array> {
  // Others still read what the outputs of a batch lie in together.
  const copies = work.outputs.map(output => ({ ...output, data: output.data.slice() }))
  const { tensors, transfer } = packed(copies)
  const output = await run('encodeRecords', { ...work, outputs: tensors }, transfer)
  return accepted(output as Uint8Array | Refusal)
}
