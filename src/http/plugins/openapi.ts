// The OpenAPI document, generated from the routes and the zod schemas of the dialects, and the page that shows it.
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { z } from 'zod'
import { protectPage } from '../page.ts'
import { ModelPaths, type OpenApiDocument, type ServedModels } from './model-paths.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the document says of a route. */
    documentation?: FastifySchema
  }
}

export interface RouteDoc {
  readonly operationId: string
  readonly summary: string
  readonly tag: 'Health' | 'Inference' | 'V1' | 'MLflow' | 'Models' | 'Repository' | 'Service'
  readonly description?: string
  /** The name of the body's schema. */
  readonly body?: string
  /** Whether the body may be left out. */
  readonly bodyOptional?: boolean
  /** Content types of the body beside JSON. */
  readonly bodyTypes?: Readonly<Record<string, object>>
  /** The name of the answer's schema, its content type where it is not JSON, or null where it is empty. */
  readonly answer: string | { readonly contentType: string } | null
  /** Content types of the answer beside JSON. */
  readonly answerTypes?: Readonly<Record<string, object>>
  /** Statuses of errors, beside those that any route may give. */
  readonly errors?: readonly number[]
  /** Names of schemas of what is answered with other statuses without being an error of the route. */
  readonly states?: Readonly<Record<number, string>>
  /** The name of the errors' schema where it is not V2's. */
  readonly errorSchema?: string
  readonly params?: readonly ParamName[]
  /** JSON Schemas of the parameters in the query, which may all be left out. */
  readonly query?: Readonly<Record<string, object>>
}

type ParamName = keyof typeof paramDocs

const paramDocs = {
  model: {
    type: 'string',
    description: "The model's folder name.",
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
  },
  version: {
    type: 'string',
    description: "The version's folder name: a whole number from 1.",
    pattern: '^[1-9][0-9]*$'
  },
  label: {
    type: 'string',
    description: 'A label that model.yaml gives a version.',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'
  }
}

const statusTexts: Readonly<Record<number, string>> = {
  400: 'The request is not valid; details say where.',
  403: 'Not allowed; the message says what would allow it.',
  404: 'The model or version is not known.',
  409: 'The repository or its settings do not allow it; the message says why.',
  413: 'The body is too large.',
  415: 'The content type or encoding is not supported.',
  429: 'Too much is in progress already; try again.',
  500: 'The server failed.',
  501: 'Not supported.',
  503: 'Not ready; try again.',
  504: 'No answer in time.'
}

/** What a route says of itself, as the schema that the generator reads. */
export function documented(doc: RouteDoc): FastifySchema {
  const errors = (doc.errors ?? []).map(status => [status, doc.errorSchema ?? 'Error'] as const)
  const others = [...errors, ...Object.entries(doc.states ?? {})].map(([status, name]) => [
    status,
    {
      description: statusTexts[Number(status)] ?? 'An error.',
      content: { 'application/json': { schema: { $ref: `${name}#` } } }
    }
  ])
  return {
    operationId: doc.operationId,
    summary: doc.summary,
    tags: [doc.tag],
    ...(doc.description === undefined ? {} : { description: doc.description }),
    ...(doc.body === undefined
      ? {}
      : {
          body: { content: { 'application/json': { schema: { $ref: `${doc.body}#` } }, ...doc.bodyTypes } }
        }),
    ...(doc.params === undefined ? {} : { params: paramsSchema(doc.params) }),
    ...(doc.query === undefined ? {} : { querystring: { type: 'object', properties: doc.query } }),
    ...(doc.bodyOptional === true && { [bodyOptionalKey]: true }),
    response: { 200: answerDoc(doc), ...Object.fromEntries(others) }
  }
}

/** The generator requires every body; what has this is put right afterwards. */
const bodyOptionalKey = 'x-body-optional'

function withOptionalBodies(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { paths = {} } = document as OpenApiDocument
  const all = Object.entries(paths).map(([path, methods]) => {
    const operations = Object.entries(methods).map(([method, operation]) => {
      const { [bodyOptionalKey]: isOptional, ...rest } = operation as Record<string, object>
      return [
        method,
        isOptional ? { ...rest, requestBody: { ...rest['requestBody'], required: false } } : rest
      ]
    })
    return [path, Object.fromEntries(operations) as object]
  })
  return { ...document, paths: Object.fromEntries(all) as object }
}

function answerDoc({ answer, answerTypes, summary }: RouteDoc) {
  if (answer === null) return { description: 'Done; the answer is empty.', type: 'null' }
  const content =
    typeof answer === 'string'
      ? { 'application/json': { schema: { $ref: `${answer}#` } }, ...answerTypes }
      : { [answer.contentType]: { schema: { type: 'string' } } }
  return { description: summary, content }
}

function paramsSchema(names: readonly ParamName[]) {
  return {
    type: 'object',
    required: names,
    properties: Object.fromEntries(names.map(name => [name, paramDocs[name]]))
  }
}

/** Registers the generator; routes that come afterwards are in the document. */
export async function generateOpenApi(app: FastifyInstance, version: string): Promise<void> {
  app.addHook('onRoute', route => {
    // The schemas describe; what is checked is checked by the dialects, with better words and in one pass.
    if (route.schema === undefined) return
    route.config = { ...route.config, documentation: route.schema }
    delete route.schema
  })
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    uri: id => `${id}#`,
    io: 'input',
    unrepresentable: 'any'
  })
  for (const [id, { $schema: _, ...schema }] of Object.entries(schemas)) app.addSchema({ ...schema, $id: id })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Kedge',
        version,
        description:
          'Serves ONNX models over the Open Inference Protocol V2, KServe V1 and TensorFlow Serving, and MLflow.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'Health', description: 'Probes.' },
        { name: 'Inference', description: 'Predictions.' },
        { name: 'V1', description: 'KServe V1 and TensorFlow Serving.' },
        { name: 'MLflow', description: "MLflow's scoring server." },
        { name: 'Models', description: 'What is served and what it takes.' },
        { name: 'Repository', description: 'What is on disk and how it fares.' },
        { name: 'Service', description: 'Metrics and this document.' }
      ],
      security: []
    },
    transform: ({ schema, url, route }) => ({
      schema: route.config?.documentation ?? schema,
      url: route.config?.shownAs ?? url
    }),
    transformObject: description =>
      'openapiObject' in description
        ? withOptionalBodies(description.openapiObject as Readonly<Record<string, unknown>>)
        : description.swaggerObject,
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json['$id'] ?? `schema-${index}`)
    }
  })
}

export interface ApiDocsOptions extends ServedModels {
  readonly hideApiDocs: boolean
}

/** The document at /openapi.json and, unless it is hidden, the page at /docs: both of what is served now. */
export async function showOpenApi(app: FastifyInstance, options: ApiDocsOptions): Promise<void> {
  const models = new ModelPaths(() => app.swagger() as OpenApiDocument, options)
  if (!options.hideApiDocs) await app.register(async docs => showPage(docs, models))
  const schema = documented({
    operationId: 'getOpenApi',
    summary: 'This document',
    tag: 'Service',
    answer: { contentType: 'application/json' }
  })
  app.get('/openapi.json', { config: { scope: 'read', every: true }, schema }, () => models.document())
}

async function showPage(docs: FastifyInstance, models: ModelPaths): Promise<void> {
  docs.addHook('onSend', (_request, reply, payload, done) => {
    protectPage(reply, 'apiDocs')
    done(null, payload)
  })
  await docs.register(swaggerUi, {
    routePrefix: '/docs',
    transformSpecification: () => models.document(),
    transformSpecificationClone: false,
    indexPrefix: '',
    // The bar at the top carries another project's logo and a field for other documents.
    theme: {
      title: 'Kedge API',
      css: [{ filename: 'kedge.css', content: '.swagger-ui .topbar { display: none }' }]
    },
    uiConfig: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      deepLinking: true,
      defaultModelsExpandDepth: 0
    }
  })
}
