// Which dialect a route speaks: in what shape its errors come, what its bodies may be, and what its predictions count as.
import type { FastifyRequest } from 'fastify'
import type { ServingError } from '../errors/serving-error.ts'
import { mlflowErrorBody } from '../protocol/mlflow/error-body.ts'
import { errorBody } from '../protocol/v2/error-body.ts'

export type Dialect = 'v2' | 'v1' | 'mlflow'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** V2 where absent. */
    dialect?: Dialect
    /** How metrics, logs and the document spell the route, where the framework's pattern is not for people. */
    shownAs?: string
  }
}

export interface DialectFacts {
  readonly types: RegExp
  /** The same in words. */
  readonly typesText: string
  readonly errorBody: (error: ServingError, requestId: string) => object
}

export function dialectOf(request: FastifyRequest): Dialect {
  return request.routeOptions.config.dialect ?? 'v2'
}

/** The route as people spell it; undefined where none was found. */
export function routeOf({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions.config.shownAs ?? routeOptions.url
}

const json = String.raw`application\/(json|[\w.-]+\+json)`
const after = String.raw`\s*(;|$)`

export const dialects: Readonly<Record<Dialect, DialectFacts>> = {
  v2: {
    types: new RegExp(`^(${json}|application/octet-stream)${after}`, 'i'),
    typesText: 'application/json or application/octet-stream',
    errorBody
  },
  v1: {
    // curl says so of any body that is not told otherwise, and TensorFlow Serving's documentation leaves it at that.
    types: new RegExp(`^(${json}|application/x-www-form-urlencoded)${after}`, 'i'),
    typesText: 'application/json',
    errorBody
  },
  mlflow: {
    types: new RegExp(`^(${json}|text/csv)${after}`, 'i'),
    typesText: 'application/json or text/csv',
    errorBody: mlflowErrorBody
  }
}
