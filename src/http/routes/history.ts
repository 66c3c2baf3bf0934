// What happened to a model, read back from the audit log: for models that are gone too.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { describe } from '../../base/describe.ts'
import { Limiter } from '../../base/limiter.ts'
import { suggestion } from '../../base/nearest-name.ts'
import { type Problem, problemsError, ServingError } from '../../errors/serving-error.ts'
import type { HistoryLimits, HistoryRow } from '../../lifecycle/history.ts'
import type { IndexRow } from '../../protocol/v2/metadata.ts'
import { documented } from '../plugins/openapi.ts'

export interface HistoryServices {
  /** The newest rows of a model first. */
  readonly history: (model: string, limits: HistoryLimits) => Promise<readonly HistoryRow[]>
  readonly statuses: () => readonly IndexRow[]
}

const rows = { standard: 100, max: 1000 } as const

/** Reading takes disk and time where a model has few rows in a long log. */
const readsAtOnceMax = 2
const readsWaitingMax = 32

z.object({
  name: z.string(),
  events: z.array(
    z.looseObject({
      time: z.iso.datetime(),
      event: z.enum(['ready', 'unloaded', 'failed', 'label', 'load', 'unload']),
      model: z.string(),
      version: z.number().int().optional(),
      cause: z.string().meta({
        description: 'start, files, demand, idle, memory, shutdown, lost, or api: and the name of who asked.'
      }),
      outcome: z.enum(['accepted', 'refused', 'failed']).optional(),
      code: z.string().optional(),
      label: z.string().optional(),
      from: z.number().int().optional(),
      to: z.number().int().optional(),
      reason: z.string().optional(),
      loadMs: z.number().int().optional(),
      gate: z
        .object({ verdict: z.enum(['passed', 'failed', 'none']), summary: z.string().optional() })
        .optional(),
      digests: z
        .record(z.string(), z.string())
        .optional()
        .meta({ description: "SHA-256 of each file that was loaded, by its path in the version's folder." }),
      digestsLeftOut: z.number().int().optional()
    })
  )
}).meta({ id: 'ModelHistory' })

export function historyRoutes(app: FastifyInstance, { history, statuses }: HistoryServices): void {
  const schema = documented({
    operationId: 'getModelHistory',
    summary: 'What happened to a model, the newest first',
    tag: 'Models',
    answer: 'ModelHistory',
    errors: [400, 404, 429],
    params: ['model'],
    query: {
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: rows.max,
        default: rows.standard,
        description: 'Events at most.'
      }
    }
  })
  const reading = new Limiter(readsAtOnceMax)
  let readsInProgress = 0
  app.get<{ Params: { model: string }; Querystring: Record<string, unknown> }>(
    '/v2/models/:model/history',
    { config: { scope: 'read' }, schema },
    async request => {
      const { model } = request.params
      const rowsMax = limitOf(request.query)
      if (readsInProgress >= readsAtOnceMax + readsWaitingMax)
        throw new ServingError('OVERLOADED', 'too many histories are being read', { retryAfterSeconds: 1 })
      readsInProgress++
      try {
        const events = await reading.run(() => history(model, { rowsMax }))
        if (events.length === 0 && !statuses().some(status => status.model === model)) throw unknown(model)
        return { name: model, events }
      } finally {
        readsInProgress--
      }
    }
  )
}

function unknown(model: string): ServingError {
  const message = `unknown model ${describe(model)}: neither the repositories nor the audit log know it`
  return new ServingError('MODEL_NOT_FOUND', message)
}

/** Throws INVALID_REQUEST, also for parameters that there are not: a misspelt one would go unnoticed. */
function limitOf(query: Record<string, unknown>): number {
  const problems = Object.keys(query)
    .filter(key => key !== 'limit')
    .map((key): Problem => {
      const hint = suggestion(key, ['limit'])
      const problem: Problem = { path: 'query', problem: `unknown parameter ${describe(key)}` }
      return hint === '' ? problem : { ...problem, hint }
    })
  const { limit = String(rows.standard) } = query
  const number = typeof limit === 'string' && /^\d{1,9}$/.test(limit) ? Number(limit) : 0
  if (number < 1 || number > rows.max) {
    const expected = `a whole number from 1 to ${rows.max}`
    problems.push({ path: 'query.limit', problem: 'not valid', expected, got: describe(limit) })
  }
  if (problems.length > 0) throw problemsError('INVALID_REQUEST', problems)
  return number
}
