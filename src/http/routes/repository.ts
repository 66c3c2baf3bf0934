// What is on disk and how each version fares.
import type { FastifyInstance } from 'fastify'
import { parseEnvelope, parseJsonBody } from '../../protocol/json-body.ts'
import { type IndexRow, repositoryIndex } from '../../protocol/v2/metadata.ts'
import { indexRequestSchema } from '../../protocol/v2/schemas.ts'
import { bodyOf } from '../plugins/bodies.ts'
import { documented } from '../plugins/openapi.ts'

export interface RepositoryServices {
  readonly statuses: () => readonly IndexRow[]
}

export function repositoryRoutes(app: FastifyInstance, { statuses }: RepositoryServices): void {
  const schema = documented({
    operationId: 'getRepositoryIndex',
    summary: 'Every version that is known, its state and the reason for it',
    tag: 'Repository',
    body: 'RepositoryIndexRequest',
    answer: 'RepositoryIndex',
    errors: [400, 413, 415]
  })
  app.post('/v2/repository/index', { config: { scope: 'read' }, schema }, request => {
    const body = bodyOf(request)
    // Clients send an empty body as often as an empty object.
    const { ready } =
      body.length === 0 ? {} : parseEnvelope(indexRequestSchema, parseJsonBody(body, false), () => ['ready'])
    return repositoryIndex(statuses(), ready === true)
  })
}
