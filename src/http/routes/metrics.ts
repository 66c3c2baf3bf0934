// The page that Prometheus scrapes.
import type { FastifyInstance } from 'fastify'
import { documented } from '../plugins/openapi.ts'

export interface MetricsServices {
  readonly metrics: { readonly contentType: string; render(): Promise<string> }
}

export function metricsRoutes(app: FastifyInstance, { metrics }: MetricsServices): void {
  const schema = documented({
    operationId: 'getMetrics',
    summary: 'Metrics for Prometheus',
    tag: 'Service',
    answer: { contentType: 'text/plain' }
  })
  app.get('/metrics', { config: { scope: 'read', every: true }, schema }, async (_request, reply) => {
    reply.header('content-type', metrics.contentType)
    return metrics.render()
  })
}
