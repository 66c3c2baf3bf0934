// The model repository extension: what is on disk and how each version fares, and loading and unloading at a caller's word.
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { ServingError } from '../../errors/serving-error.ts'
import type { ControlRequest } from '../../lifecycle/audit-row.ts'
import type { RepositoryControl } from '../../lifecycle/control.ts'
import { parseEnvelope, parseJsonBody } from '../../protocol/json-body.ts'
import { type IndexRow, repositoryIndex } from '../../protocol/v2/metadata.ts'
import { checkLoadBody, checkUnloadBody } from '../../protocol/v2/repository.ts'
import { indexRequestSchema } from '../../protocol/v2/schemas.ts'
import { callerOf } from '../caller.ts'
import { bodyOf } from '../plugins/bodies.ts'
import { documented } from '../plugins/openapi.ts'
import { maySee } from '../scope.ts'

export interface RepositoryServices {
  readonly statuses: () => readonly IndexRow[]
  /** Whether callers may load and unload at all. */
  readonly controlApi: boolean
  readonly control: RepositoryControl
  /** Told of every load and unload that was let in, once it is known what became of it. */
  readonly recordRequest: (request: ControlRequest) => void
}

export function repositoryRoutes(app: FastifyInstance, services: RepositoryServices): void {
  const schema = documented({
    operationId: 'getRepositoryIndex',
    summary: 'Every version that is known, its state and the reason for it',
    tag: 'Repository',
    body: 'RepositoryIndexRequest',
    bodyOptional: true,
    answer: 'RepositoryIndex',
    errors: [400, 413, 415]
  })
  app.post('/v2/repository/index', { config: { scope: 'read' }, schema }, request => {
    const body = bodyOf(request)
    // Clients send an empty body as often as an empty object.
    const { ready } =
      body.length === 0 ? {} : parseEnvelope(indexRequestSchema, parseJsonBody(body, false), () => ['ready'])
    const seen = services.statuses().filter(({ model }) => maySee(request, model))
    return repositoryIndex(seen, ready === true)
  })
  controlRoute(app, services, {
    action: 'load',
    summary: 'Load a model as it lies in the repository; answers once it is ready or has failed',
    body: 'RepositoryLoadRequest',
    check: checkLoadBody
  })
  controlRoute(app, services, {
    action: 'unload',
    summary: 'Unload a model; requests in progress are answered',
    body: 'RepositoryUnloadRequest',
    check: checkUnloadBody
  })
  otherRepositories(app)
}

interface ControlAction {
  readonly action: ControlRequest['action']
  readonly summary: string
  readonly body: string
  /** Throws what is wrong with a body. */
  readonly check: (body: Uint8Array) => void
}

function controlRoute(
  app: FastifyInstance,
  { controlApi, control, recordRequest }: RepositoryServices,
  { action, summary, body, check }: ControlAction
): void {
  const schema = documented({
    operationId: `${action}Model`,
    summary,
    tag: 'Repository',
    description: 'Off unless repository.controlApi is on.',
    body,
    bodyOptional: true,
    answer: null,
    errors: [400, 403, 404, 409, 413, 415, 501],
    params: ['model']
  })
  // Before the body is read.
  const onRequest: onRequestHookHandler = (_request, _reply, done) =>
    done(controlApi ? undefined : controlIsOff())
  const record = (request: FastifyRequest<{ Params: { model: string } }>, error?: ServingError): void =>
    recordRequest({
      type: 'request',
      action,
      model: request.params.model,
      by: callerOf(request),
      outcome: error === undefined ? 'accepted' : error.code === 'LOAD_FAILED' ? 'failed' : 'refused',
      code: error?.code,
      reason: error?.message
    })
  app.post<{ Params: { model: string } }>(
    `/v2/repository/models/:model/${action}`,
    { config: { scope: 'admin' }, schema, onRequest },
    async (request, reply) => {
      try {
        check(bodyOf(request))
        await control[action](request.params.model, callerOf(request))
      } catch (error) {
        record(request, ServingError.from(error))
        throw error
      }
      record(request)
      return reply.send()
    }
  )
}

function controlIsOff(): ServingError {
  const message =
    'loading and unloading by callers is off; --repository-control-api (repository.controlApi: true) turns it on'
  return new ServingError('FORBIDDEN', message)
}

/** The protocol lets clients name a repository; all of Kedge's are one. */
function otherRepositories(app: FastifyInstance): void {
  const refuse = (): never => {
    const message =
      'a repository cannot be named: all repositories are one here; use /v2/repository/index and /v2/repository/models/…'
    throw new ServingError('NOT_SUPPORTED', message)
  }
  const schema = { hide: true }
  app.post('/v2/repository/:repository/index', { config: { scope: 'read' }, schema }, refuse)
  for (const action of ['load', 'unload'])
    app.post(
      `/v2/repository/:repository/models/:model/${action}`,
      { config: { scope: 'admin' }, schema },
      refuse
    )
}
