// How far a version's requests have moved from what it was made from: as JSON, as a page for people, and the baseline itself.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ServingError } from '../../errors/serving-error.ts'
import type { Profile } from '../../monitoring/drift/profile.ts'
import { driftReport } from '../../monitoring/drift/report/page.ts'
import { type DriftView, monitorStates, rateKinds } from '../../monitoring/drift/view.ts'
import type { Target } from '../../routing/resolve.ts'
import { protectPage } from '../page.ts'
import { documented, type RouteDoc } from '../plugins/openapi.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface DriftServices {
  /** Of the version that is asked for, or the one that answers by default; throws ServingError where none is ready. */
  readonly drift: (target: Target) => Promise<DriftView>
  /** Undefined where the version has no baseline. */
  readonly driftProfile: (target: Target) => Profile | undefined
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly hideDriftReports: boolean
}

const count = z.number().int().min(0)
const score = z.number().optional()
const severity = z.enum(['insufficient_data', 'ok', 'significant_small', 'warning', 'critical'])

const rate = z.object({
  kind: z.enum(rateKinds),
  count: z.number(),
  share: z.number(),
  referenceShare: z.number(),
  p: z.number().meta({ description: 'Probability that so many come by chance.' }),
  severity: z.enum(['ok', 'warning', 'critical'])
})

const windowSchema = z.object({
  window: z.string(),
  rows: z.number(),
  effectiveRows: z.number().meta({ description: 'Rows that so many correlated rows are worth.' }),
  designEffect: z.number(),
  rowsMin: z.number().meta({ description: 'Effective rows below which nothing is decided.' }),
  psi: score.meta({ description: 'Population stability index.' }),
  psiP: score,
  ks: score,
  ksP: score,
  chi2: score,
  chi2P: score,
  jsBase2: score.meta({ description: 'Jensen–Shannon distance, logarithms to base 2.' }),
  wasserstein: score.meta({ description: 'In standard deviations of the reference.' }),
  linf: score,
  linfBin: count.optional(),
  severity,
  counts: z.array(z.number()),
  rates: z.array(rate)
})

const monitor = z.object({
  name: z.string(),
  role: z.enum(['input', 'output', 'derived']),
  kind: z.enum(['numeric', 'categorical']),
  state: z.enum(monitorStates),
  explanation: z.string(),
  window: z.string().optional().meta({ description: 'The window that decided.' }),
  thresholds: z.object({ warning: z.number(), critical: z.number() }),
  alpha: z.number(),
  reference: z
    .object({
      rows: z.number(),
      counts: z.array(z.number()),
      edges: z.array(z.number()).optional(),
      bins: z.array(z.string()),
      mean: z.number().optional(),
      deviation: z.number().optional()
    })
    .optional(),
  windows: z.array(windowSchema),
  timeline: z.array(z.object({ atMs: z.number(), psi: z.number().nullable() }))
})

z.object({
  model: z.string(),
  version: count,
  state: z.enum(monitorStates),
  reason: z.string().optional(),
  profile: z.object({ id: z.string(), source: z.string(), rows: count, createdAt: z.string() }).optional(),
  rowsSeen: count,
  rowsCounted: count,
  falseAlarmsPerWeek: z.number(),
  evaluatedAt: z.iso.datetime().optional(),
  violations: z.object({ type: count, shape: count, name: count, range: count }),
  monitors: z.array(monitor)
}).meta({ id: 'ModelDrift' })

z.looseObject({ schema: z.literal(1), model: z.string(), monitors: z.array(z.looseObject({})) }).meta({
  id: 'DriftProfile'
})

export function driftRoutes(app: FastifyInstance, services: DriftServices): void {
  for (const { path, suffix, params } of modelPaths) {
    const about = { tag: 'Models', errors: [404, 503], params } as const
    const view = documented({
      ...about,
      operationId: `getModelDrift${suffix}`,
      summary: 'How far requests and answers have moved from the baseline',
      answer: 'ModelDrift'
    })
    app.get<{ Params: ModelParams }>(`${path}/drift`, { config: { scope: 'read' }, schema: view }, request =>
      services.drift(request.params)
    )

    if (!services.hideDriftReports) reportRoute(app, services, { ...about, path, suffix })

    const profile = documented({
      ...about,
      operationId: `getModelDriftProfile${suffix}`,
      summary: 'The baseline, to be kept as reference.json beside the model',
      answer: 'DriftProfile'
    })
    app.get<{ Params: ModelParams }>(
      `${path}/drift/profile`,
      { config: { scope: 'read' }, schema: profile },
      (request, reply) => {
        const found = services.driftProfile(request.params)
        if (found === undefined) {
          const message = `model ${request.params.model} has no baseline yet: its state is at …/drift`
          throw new ServingError('PROFILE_NOT_FOUND', message)
        }
        reply.header('content-disposition', 'attachment; filename="reference.json"')
        return found
      }
    )
  }
}

function reportRoute(
  app: FastifyInstance,
  services: DriftServices,
  {
    path,
    suffix,
    ...about
  }: Pick<RouteDoc, 'tag' | 'errors' | 'params'> & { readonly path: string; readonly suffix: string }
): void {
  const schema = documented({
    ...about,
    operationId: `getModelDriftReport${suffix}`,
    summary: 'The same as a page',
    answer: { contentType: 'text/html' }
  })
  app.get<{ Params: ModelParams }>(
    `${path}/drift/report`,
    { config: { scope: 'read' }, schema },
    async (request, reply) => {
      const found = await services.drift(request.params)
      reply.type('text/html; charset=utf-8')
      protectPage(reply, 'whole')
      reply.header('cache-control', 'no-store')
      return driftReport(found, new Date(services.now()).toISOString())
    }
  )
}
