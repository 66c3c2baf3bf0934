// The hot path: bytes in, the pipeline, bytes out.
import type { FastifyInstance } from 'fastify'
import type { Infer } from '../../inference/pipeline.ts'
import { readV2Request } from '../../protocol/v2/decode.ts'
import { v2ResponseJson } from '../../protocol/v2/encode.ts'
import { bodyOf } from '../plugins/json-bodies.ts'
import { documented } from '../plugins/openapi.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface InferServices {
  readonly infer: Infer
  readonly tensorsPerRequestMax: number
}

export function inferRoutes(app: FastifyInstance, { infer, tensorsPerRequestMax }: InferServices): void {
  for (const { path, suffix, params } of modelPaths) {
    const schema = documented({
      operationId: `infer${suffix}`,
      summary: 'Predict',
      tag: 'Inference',
      description: 'Inputs are checked against the model; see its metadata for names, datatypes and shapes.',
      body: 'InferRequest',
      answer: 'InferResponse',
      errors: [400, 404, 413, 415, 429, 500, 501, 503],
      params
    })
    app.post<{ Params: ModelParams }>(
      `${path}/infer`,
      { config: { scope: 'predict' }, schema },
      async (request, reply) => {
        const { model, version } = request.params
        const response = await infer({
          target: { model, version },
          protocol: 'v2',
          read: signature => readV2Request(bodyOf(request), signature, tensorsPerRequestMax)
        })
        reply.header('content-type', 'application/json; charset=utf-8')
        return v2ResponseJson(response)
      }
    )
  }
}
