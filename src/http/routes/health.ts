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
z.object({ live: z.boolean(), status: z.enum(['alive', 'dead']) }).meta({ id: 'RootLive' })
z.object({ ready: z.boolean(), reason: z.string().optional() }).meta({ id: 'Ready' })

export function healthRoutes(app: FastifyInstance, services: HealthServices): void {
  const live = documented({
    operationId: 'getLive',
    summary: 'Is the process alive',
    tag: 'Health',
    answer: 'Live',
    states: { 503: 'Live' }
  })
  const root = documented({
    operationId: 'getRoot',
    summary: 'Is the process alive',
    tag: 'Health',
    description: "With the word that KServe's V1 clients look for.",
    answer: 'RootLive',
    states: { 503: 'RootLive' }
  })
  const ready = documented({
    operationId: 'getReady',
    summary: 'Is the server ready',
    tag: 'Health',
    answer: 'Ready',
    states: { 503: 'Ready' }
  })

  app.get('/', { config: { scope: 'open' }, schema: root }, (_request, reply) => {
    const isLive = services.live()
    return reply.code(isLive ? 200 : 503).send({ live: isLive, status: isLive ? 'alive' : 'dead' })
  })
  app.get('/v2/health/live', { config: { scope: 'open' }, schema: live }, (_request, reply) => {
    const isLive = services.live()
    return reply.code(isLive ? 200 : 503).send({ live: isLive })
  })
  app.get('/v2/health/ready', { config: { scope: 'open' }, schema: ready }, (_request, reply) => {
    const reason = services.unready()
    return reply
      .code(reason === undefined ? 200 : 503)
      .send(reason === undefined ? { ready: true } : { ready: false, reason })
  })
}
