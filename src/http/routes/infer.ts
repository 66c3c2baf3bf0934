// The hot path: bytes in, the pipeline, bytes out.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Inferred } from '../../inference/pipeline.ts'
import {
  headerLengthName,
  type LabelledContract,
  readV2Body,
  type V2Contract,
  type V2Request
} from '../../protocol/v2/decode.ts'
import { type V2Answer, v2Response } from '../../protocol/v2/encode.ts'
import { type OutputWishes, plainWishes, wishFor } from '../../protocol/v2/parameters.ts'
import { decodeElsewhere, encodeElsewhere } from '../../protocol/v2/tasks.ts'
import { bodyOf } from '../plugins/bodies.ts'
import { documented } from '../plugins/openapi.ts'
import { answerWith, isMuch, type PredictionServices, timeoutOf } from '../prediction.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface InferServices extends PredictionServices {
  readonly tensorsPerRequestMax: number
}

/** JSON with bytes after it; the header inference-header-content-length says where they begin. */
const binary = { 'application/octet-stream': { schema: {} } }

export function inferRoutes(app: FastifyInstance, services: InferServices): void {
  for (const { path, suffix, params } of modelPaths) {
    const schema = documented({
      operationId: `infer${suffix}`,
      summary: 'Predict',
      tag: 'Inference',
      description:
        'Inputs are checked against the model; see its metadata for names, datatypes and shapes. Tensors may be binary: see the binary tensor extension.',
      body: 'InferRequest',
      bodyTypes: binary,
      answer: 'InferResponse',
      answerTypes: binary,
      errors: [400, 404, 413, 415, 429, 500, 501, 503, 504],
      params
    })
    app.post<{ Params: ModelParams }>(
      `${path}/infer`,
      { config: { scope: 'predict' }, schema },
      (request, reply) => answer(services, request, reply)
    )
  }
}

async function answer(
  services: InferServices,
  request: FastifyRequest<{ Params: ModelParams }>,
  reply: FastifyReply
): Promise<unknown> {
  let wishes: OutputWishes = plainWishes
  const response = await services.infer({
    target: request.params,
    protocol: 'v2',
    timeoutMs: timeoutOf(request),
    cancellation: request.cancellation ?? { cancelled: false },
    trace: request.trace,
    read: (contract, labelled) => {
      const reading = decode(services, request, contract, labelled)
      if (reading instanceof Promise)
        return reading.then(decoded => {
          wishes = decoded.wishes
          return decoded
        })
      wishes = reading.wishes
      return reading
    }
  })
  request.spent = response.outputs
  const encoding = encode(services, response, wishes)
  const { headers: about, body } = encoding instanceof Promise ? await encoding : encoding
  reply.headers(about)
  return answerWith(request, reply, body, services.compressBytesMin)
}

/** Here, or elsewhere where there is much JSON to read: after that many bytes are known to be JSON. */
function decode(
  { tensorsPerRequestMax: tensorsMax, jsonOffloadBytes, runTask }: InferServices,
  request: FastifyRequest,
  contract: V2Contract,
  labelled: LabelledContract
): V2Request | Promise<V2Request> {
  const length = request.headers[headerLengthName]
  const headerLength = length === undefined ? undefined : String(length)
  const body = bodyOf(request)
  const jsonBytes = headerLength === undefined ? body.length : Number(headerLength)
  if (jsonBytes > jsonOffloadBytes)
    return decodeElsewhere(runTask, { body, headerLength, contract, tensorsMax }, labelled)
  return readV2Body({ body, headerLength }, contract, tensorsMax, labelled)
}

function encode(
  services: InferServices,
  response: Inferred,
  wishes: OutputWishes
): V2Answer | Promise<V2Answer> {
  const facts = response.from.manifest.outputs
  let elements = 0
  for (const { name, data } of response.outputs) if (!wishFor(wishes, name).binary) elements += data.length
  if (!isMuch(elements, services)) return v2Response(response, wishes, facts)
  return encodeElsewhere(services.runTask, { response, wishes, facts }).then(({ headers, bytes }) => ({
    headers,
    body: [bytes]
  }))
}
