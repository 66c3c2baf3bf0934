// A prediction in a dialect of rows or columns: bytes in, the pipeline, text out.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RecordsRequest } from '../../protocol/records/read.ts'
import {
  decodeRecordsElsewhere,
  encodeRecordsElsewhere,
  type RecordsDialect,
  readers,
  writers
} from '../../protocol/records/tasks.ts'
import type { RecordsWishes } from '../../protocol/records/write.ts'
import type { Target } from '../../routing/resolve.ts'
import type { Contract } from '../../schema/contract.ts'
import { bodyOf } from '../plugins/bodies.ts'
import { answerWith, isMuch, type PredictionServices, timeoutOf } from '../prediction.ts'

export interface RecordsCall {
  readonly dialect: RecordsDialect
  readonly target: Target
  /** Reads what is no JSON; undefined for JSON. */
  readonly read?: ((body: Uint8Array, contract: Contract) => RecordsRequest) | undefined
}

export async function answerRecords(
  services: PredictionServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { dialect, target, read }: RecordsCall
): Promise<unknown> {
  let wishes: RecordsWishes = { form: 'rows', classes: false }
  const wish = (decoded: RecordsRequest): RecordsRequest => {
    wishes = { form: decoded.form, classes: decoded.classes }
    return decoded
  }
  const { infer, jsonOffloadBytes, runTask } = services
  const response = await infer({
    target,
    protocol: dialect,
    timeoutMs: timeoutOf(request),
    cancellation: request.cancellation ?? { cancelled: false },
    trace: request.trace,
    read: contract => {
      const body = bodyOf(request)
      if (read !== undefined) return wish(read(body, contract))
      if (body.length <= jsonOffloadBytes) return wish(readers[dialect](body, contract))
      return decodeRecordsElsewhere(runTask, { dialect, body, contract }).then(wish)
    }
  })
  const { outputs, from } = response
  request.spent = outputs
  reply.header('content-type', 'application/json; charset=utf-8')
  const names = from.manifest.outputs
  const elements = outputs.reduce((sum, { data }) => sum + data.length, 0)
  const body = isMuch(elements, services)
    ? [await encodeRecordsElsewhere(runTask, { dialect, outputs, wishes, names })]
    : writers[dialect](outputs, wishes, names)
  return answerWith(request, reply, body, services.compressBytesMin)
}
