// What the gate of a version found, with every row that failed: for versions that were kept out too.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { jsonSafe } from '../../base/json-safe.ts'
import type { Target } from '../../routing/resolve.ts'
import type { VersionVerdict } from '../../routing/verdict.ts'
import { documented } from '../plugins/openapi.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface GateServices {
  /** Of the version that is asked for, or the one that answers by default. Throws MODEL_NOT_FOUND or VERSION_NOT_FOUND. */
  readonly verdict: (target: Target) => VersionVerdict
}

const count = z.number().int().min(0)
const gateFile = z.object({
  file: z.string().meta({ description: "Relative to the version's folder." }),
  kind: z.enum(['case', 'scored']),
  passed: z.boolean(),
  rows: count.meta({ description: 'Rows that were run.' }),
  rowsLeftOut: count,
  metric: z
    .object({
      name: z.string(),
      value: z.number(),
      atLeast: z.number().optional(),
      atMost: z.number().optional()
    })
    .optional(),
  failures: z.array(
    z.object({
      row: count.optional().meta({ description: 'From 0; absent where the whole file is at fault.' }),
      output: z.string().optional(),
      problem: z.string(),
      expected: z.unknown().optional(),
      got: z.unknown().optional()
    })
  ),
  failuresLeftOut: count
})

z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING']),
  gate: z
    .object({
      passed: z.boolean(),
      summary: z.string(),
      files: z.array(gateFile),
      runMs: z.object({ median: z.number(), max: z.number().optional(), passed: z.boolean() }).optional(),
      warnings: z.array(z.string()),
      durationMs: z.number()
    })
    .nullable()
    .meta({ description: 'null where the version has no gate, or did not come to it.' })
}).meta({ id: 'ModelGate' })

export function gateRoutes(app: FastifyInstance, { verdict }: GateServices): void {
  for (const { path, suffix, params } of modelPaths) {
    const schema = documented({
      operationId: `getModelGate${suffix}`,
      summary: 'What the gate of a version found',
      tag: 'Models',
      answer: 'ModelGate',
      errors: [404],
      params
    })
    app.get<{ Params: ModelParams }>(`${path}/gate`, { config: { scope: 'read' }, schema }, request => {
      const { model, version, state, verdict: found } = verdict(request.params)
      return { name: model, version: String(version), state, gate: jsonSafe(found ?? null) }
    })
  }
}
