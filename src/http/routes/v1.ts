// KServe V1 and TensorFlow Serving's REST interface: predictions, and what there is to predict with.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServingError } from '../../errors/serving-error.ts'
import type { VersionStatus } from '../../lifecycle/managed-model.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import { v1Metadata, v1Status } from '../../protocol/v1/metadata.ts'
import { errorBody } from '../../protocol/v2/error-body.ts'
import type { Target } from '../../routing/resolve.ts'
import { documented } from '../plugins/openapi.ts'
import type { PredictionServices } from '../prediction.ts'
import { maySee } from '../scope.ts'
import { answerRecords } from './records.ts'

export interface V1Services extends PredictionServices {
  readonly find: (target: Target) => Promise<ModelVersion>
  readonly unreadiness: (target: Target) => ServingError | undefined
  readonly servedModels: () => readonly string[]
  readonly statuses: () => readonly VersionStatus[]
}

interface V1Params {
  readonly model: string
  readonly version?: string
  readonly label?: string
}

/** Names end before the colon that a verb follows. */
const nameOnly = '(^[^:]+)'

const places = [
  { path: '/v1/models/:model', suffix: '', params: ['model'] },
  { path: '/v1/models/:model/versions/:version', suffix: 'Version', params: ['model', 'version'] },
  { path: '/v1/models/:model/labels/:label', suffix: 'Label', params: ['model', 'label'] }
] as const

type Place = (typeof places)[number]

const errors = [404, 503]

export function v1Routes(app: FastifyInstance, services: V1Services): void {
  const list = documented({
    operationId: 'listV1Models',
    summary: 'Names of the models that are ready',
    tag: 'V1',
    answer: 'ModelList'
  })
  app.get('/v1/models', { config: { scope: 'read', dialect: 'v1' }, schema: list }, request => ({
    models: [...services.servedModels()].filter(model => maySee(request, model)).sort()
  }))
  for (const place of places) {
    statusRoute(app, services, place)
    metadataRoute(app, services, place)
    predictRoute(app, services, place)
    for (const verb of ['classify', 'regress', 'explain']) unsupportedRoute(app, verb, place)
  }
}

function targetOf({ params }: FastifyRequest<{ Params: V1Params }>): Target {
  return { model: params.model, version: params.version, label: params.label }
}

function predictRoute(app: FastifyInstance, services: V1Services, { path, suffix, params }: Place): void {
  const schema = documented({
    operationId: `predict${suffix}`,
    summary: 'Predict from rows or columns',
    tag: 'V1',
    description:
      'Rows may be values, objects by input, or objects by feature; columns are whole inputs or lists by feature. Bytes are {"b64": "…"}.',
    body: 'PredictRequest',
    answer: 'PredictResponse',
    errors: [400, 404, 413, 415, 429, 500, 503, 504],
    params
  })
  const config = { scope: 'predict', dialect: 'v1', shownAs: `${path}:predict` } as const
  app.post<{ Params: V1Params }>(`${path}${nameOnly}::predict`, { config, schema }, (request, reply) =>
    answerRecords(services, request, reply, { dialect: 'v1', target: targetOf(request) })
  )
}

function unsupportedRoute(app: FastifyInstance, verb: string, { path }: Place): void {
  const refuse = (): never => {
    throw new ServingError('NOT_SUPPORTED', `:${verb} is not supported; use :predict`)
  }
  const config = { scope: 'predict', dialect: 'v1', shownAs: `${path}:${verb}` } as const
  app.post(`${path}${nameOnly}::${verb}`, { config, schema: { hide: true } }, refuse)
}

function statusRoute(app: FastifyInstance, services: V1Services, { path, suffix, params }: Place): void {
  const schema = documented({
    operationId: `getV1Model${suffix}`,
    summary: 'Is the model ready, and each of its versions',
    tag: 'V1',
    answer: 'V1ModelStatus',
    errors,
    params
  })
  const config = { scope: 'read', dialect: 'v1', shownAs: path } as const
  app.get<{ Params: V1Params }>(`${path}${nameOnly}`, { config, schema }, async (request, reply) => {
    const target = targetOf(request)
    const error = services.unreadiness(target)
    const { version: only } =
      error === undefined && target.label !== undefined ? await services.find(target) : target
    const versions = services
      .statuses()
      .flatMap(({ model, version, state, reason }) =>
        model === target.model &&
        version !== undefined &&
        (only === undefined || String(only) === String(version))
          ? [{ version, state, reason }]
          : []
      )
    const status = v1Status(target.model, error === undefined, versions)
    if (error === undefined) return status
    // Not an error of this route: it answers the very question.
    return reply.code(503).send({ ...status, ...errorBody(error, request.id) })
  })
}

function metadataRoute(app: FastifyInstance, services: V1Services, { path, suffix, params }: Place): void {
  const schema = documented({
    operationId: `getV1Metadata${suffix}`,
    summary: "Inputs and outputs in TensorFlow Serving's form",
    tag: 'V1',
    answer: 'V1ModelMetadata',
    errors,
    params
  })
  const config = { scope: 'read', dialect: 'v1' } as const
  app.get<{ Params: V1Params }>(`${path}/metadata`, { config, schema }, async request => {
    const { model, version, signature } = await services.find(targetOf(request))
    return v1Metadata(model, version, signature)
  })
}
