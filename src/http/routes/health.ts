// Probes: is the process alive, is the server ready. Answered as KServe does, with the status that probes look at.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { documented } from '../plugins/openapi.ts'

export interface HealthServices {
  /** False only when the process cannot serve any more. */
  readonly live: () => boolean
  /** Undefined when ready, else why not. */
  readonly unready: () => string | undefined
}

z.object({ live: z.boolean() }).meta({ id: 'Live' })
z.object({ ready: z.boolean(), reason: z.string().optional() }).meta({ id: 'Ready' })

export function healthRoutes(app: FastifyInstance, services: HealthServices): void {
  const live = documented({
    operationId: 'getLive',
    summary: 'Is the process alive',
    tag: 'Health',
    answer: 'Live',
    errors: []
  })
  const root = documented({
    operationId: 'getRoot',
    summary: 'Is the process alive',
    tag: 'Health',
    answer: 'Live',
    errors: []
  })
  const ready = documented({
    operationId: 'getReady',
    summary: 'Is the server ready',
    tag: 'Health',
    answer: 'Ready',
    errors: [503]
  })

  app.get('/', { config: { scope: 'open' }, schema: root }, (_request, reply) =>
    reply.code(services.live() ? 200 : 503).send({ live: services.live() })
  )
  app.get('/v2/health/live', { config: { scope: 'open' }, schema: live }, (_request, reply) =>
    reply.code(services.live() ? 200 : 503).send({ live: services.live() })
  )
  app.get('/v2/health/ready', { config: { scope: 'open' }, schema: ready }, (_request, reply) => {
    const reason = services.unready()
    return reply
      .code(reason === undefined ? 200 : 503)
      .send(reason === undefined ? { ready: true } : { ready: false, reason })
  })
}
