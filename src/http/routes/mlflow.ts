// MLflow's scoring server: one model, the one that is configured or the only one.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { listNames } from '../../base/describe.ts'
import { ServingError } from '../../errors/serving-error.ts'
import { mlflowErrorBody } from '../../protocol/mlflow/error-body.ts'
import { documented } from '../plugins/openapi.ts'
import type { PredictionServices } from '../prediction.ts'
import { maySee, requireModel } from '../scope.ts'
import { answerRecords } from './records.ts'

export interface MlflowServices extends PredictionServices {
  readonly version: string
  /** The model that answers where none is named; undefined for the only one. */
  readonly defaultModel: string | undefined
  /** Whether or not they are ready. */
  readonly knownModels: () => readonly string[]
  /** Why the server is not ready; undefined where it is. */
  readonly unready: () => string | undefined
}

export function mlflowRoutes(app: FastifyInstance, services: MlflowServices): void {
  const schema = documented({
    operationId: 'invoke',
    summary: 'Predict with the default model, or the only one',
    tag: 'MLflow',
    description: 'A data frame, rows or columns in JSON, or CSV with a header line.',
    body: 'InvocationsRequest',
    bodyTypes: { 'text/csv': { schema: { type: 'string' } } },
    answer: 'InvocationsResponse',
    errors: [400, 404, 413, 415, 429, 500, 503, 504],
    errorSchema: 'MlflowError'
  })
  const config = { scope: 'predict', dialect: 'mlflow' } as const
  app.post('/invocations', { config, schema }, async (request, reply) => {
    const isCsv = /^text\/csv\b/i.test(request.headers['content-type'] ?? '')
    // Few send it, and the parser takes its time to load.
    const read = isCsv ? (await import('../../protocol/mlflow/csv.ts')).readCsvBody : undefined
    const target = { model: modelOf(services, request), version: undefined }
    requireModel(request, target.model)
    return answerRecords(services, request, reply, { dialect: 'mlflow', target, read })
  })

  for (const [path, operationId] of [
    ['/ping', 'ping'],
    ['/health', 'getHealth']
  ] as const) {
    const about = documented({
      operationId,
      summary: 'Is the server ready, as MLflow and SageMaker ask',
      tag: 'MLflow',
      answer: { contentType: 'text/plain' },
      errors: [503],
      errorSchema: 'MlflowError'
    })
    app.get(path, { config: { scope: 'open', dialect: 'mlflow' }, schema: about }, (request, reply) => {
      const reason = services.unready()
      // Not an error of this route: it answers the very question. Nothing is logged.
      if (reason !== undefined)
        return reply.code(503).send(mlflowErrorBody(new ServingError('MODEL_NOT_READY', reason), request.id))
      return reply.type('text/plain; charset=utf-8').send('\n')
    })
  }

  const version = documented({
    operationId: 'getVersion',
    summary: 'The version of the server',
    tag: 'MLflow',
    answer: { contentType: 'text/plain' }
  })
  app.get('/version', { config: { scope: 'read', dialect: 'mlflow' }, schema: version }, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(services.version)
  )
}

/** Throws INVALID_REQUEST where it is not clear which model is meant. */
function modelOf({ defaultModel, knownModels }: MlflowServices, request: FastifyRequest): string {
  if (defaultModel !== undefined) return defaultModel
  const known = knownModels()
  const visible = known.filter(model => maySee(request, model))
  // Where the caller may see none, any one is refused.
  const [only, ...others] = visible.length > 0 ? visible : known.slice(0, 1)
  if (only === undefined) throw new ServingError('MODEL_NOT_FOUND', 'there is no model here yet')
  if (others.length === 0) return only
  const message = `there are several models (${listNames([only, ...others])}) and none is the default; set defaultModel, or use /v1/models/NAME:predict`
  throw new ServingError('INVALID_REQUEST', message)
}
