// The bodies of the model repository extension's load and unload: nothing, or parameters. A caller cannot bring files or a
// configuration of its own: what is served lies in the repository, where it can be checked and found again.
import { z } from 'zod'
import { describe, listNames } from '../../base/describe.ts'
import { suggestion } from '../../base/nearest-name.ts'
import { type Problem, problemsError, ServingError } from '../../errors/serving-error.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'

const loadRequestSchema = z
  .strictObject(
    {
      parameters: z
        .record(z.string(), z.unknown(), { error: 'expected an object' })
        .optional()
        .meta({
          description: 'config and file:… are answered with 501; there are no others.',
          propertyNames: { pattern: '^(config$|file:)' }
        })
    },
    { error: 'expected an object' }
  )
  .meta({ id: 'RepositoryLoadRequest' })

const unloadRequestSchema = z
  .strictObject(
    {
      parameters: z
        .strictObject(
          {
            unload_dependents: z
              .boolean({ error: 'expected true or false' })
              .optional()
              .meta({ description: 'Taken for the sake of clients; no model depends on another.' })
          },
          { error: 'expected an object' }
        )
        .optional()
    },
    { error: 'expected an object' }
  )
  .meta({ id: 'RepositoryUnloadRequest' })

/** Throws INVALID_JSON, INVALID_REQUEST, or NOT_SUPPORTED where the caller brings what is to be loaded. */
export function checkLoadBody(body: Uint8Array): void {
  if (body.length === 0) return
  const { parameters = {} } = parseEnvelope(loadRequestSchema, parseJsonBody(body, false), () => [
    'parameters'
  ])
  const brings = (key: string): boolean => key === 'config' || key.startsWith('file:')
  const keys = Object.keys(parameters)
  const unknown = keys.filter(key => !brings(key))
  if (unknown.length > 0) throw problemsError('INVALID_REQUEST', unknown.map(unknownParameter))
  if (keys.length === 0) return
  const message = `parameters ${listNames(keys)} are not supported: a model is loaded as it lies in the repository; put its files there, and its configuration into model.yaml`
  throw new ServingError('NOT_SUPPORTED', message)
}

/** Throws INVALID_JSON or INVALID_REQUEST. */
export function checkUnloadBody(body: Uint8Array): void {
  if (body.length === 0) return
  parseEnvelope(unloadRequestSchema, parseJsonBody(body, false), path =>
    path.length === 0 ? ['parameters'] : ['unload_dependents']
  )
}

function unknownParameter(key: string): Problem {
  const hint = suggestion(key, ['config'])
  const problem: Problem = { path: 'parameters', problem: `unknown key ${describe(key)}` }
  return hint === '' ? problem : { ...problem, hint }
}
