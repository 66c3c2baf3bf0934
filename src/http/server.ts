// The HTTP server: Fastify with one concern a plugin and one group of routes a file. Knows the rest of Kedge by what is handed in.
import type { ServerOptions } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Tracing } from '../monitoring/tracing.ts'
import { type CertificateFiles, keepDoorsApart, secureOptions } from './listeners.ts'
import { type BodyOptions, readBodiesAsBytes } from './plugins/bodies.ts'
import { answerBrokenRequest, requireHost, watchConnections } from './plugins/connections.ts'
import { allowOrigins } from './plugins/cors.ts'
import { handleErrors, sendError, toServingError } from './plugins/error-handler.ts'
import { handleNotFound } from './plugins/not-found.ts'
import { type ApiDocsOptions, generateOpenApi, showOpenApi } from './plugins/openapi.ts'
import { type RequestEndOptions, watchRequestEnds } from './plugins/request-end.ts'
import { requestIds, returnRequestId } from './plugins/request-id.ts'
import { traceRequests } from './plugins/tracing.ts'
import { type ContractServices, contractRoutes } from './routes/contract.ts'
import { type DriftServices, driftRoutes } from './routes/drift.ts'
import { type GateServices, gateRoutes } from './routes/gate.ts'
import { type HealthServices, healthRoutes } from './routes/health.ts'
import { type HistoryServices, historyRoutes } from './routes/history.ts'
import { type InferServices, inferRoutes } from './routes/infer.ts'
import { type MetadataServices, metadataRoutes } from './routes/metadata.ts'
import { type MetricsServices, metricsRoutes } from './routes/metrics.ts'
import { type MlflowServices, mlflowRoutes } from './routes/mlflow.ts'
import { type RepositoryServices, repositoryRoutes } from './routes/repository.ts'
import { type StatisticsServices, statisticsRoutes } from './routes/statistics.ts'
import { type V1Services, v1Routes } from './routes/v1.ts'
import { type Access, enforceScopes } from './scope.ts'

export interface HttpLimits {
  readonly jsonBytesMax: number
  readonly bodyBytesMax: number
  readonly requestTimeoutMs: number
  readonly headerBytesMax: number
}

export interface HttpServices
  extends ContractServices,
    ApiDocsOptions,
    DriftServices,
    GateServices,
    HealthServices,
    HistoryServices,
    InferServices,
    MetadataServices,
    MetricsServices,
    MlflowServices,
    V1Services,
    StatisticsServices,
    RequestEndOptions,
    RepositoryServices {
  readonly logger: FastifyBaseLogger
  readonly limits: HttpLimits
  readonly requireAuth: boolean
  readonly access: Access | undefined
  readonly openMetrics: boolean
  readonly tracing: Tracing | undefined
  /** With them the server speaks HTTPS only. */
  readonly certificates: CertificateFiles | undefined
  /** Whether administration and metrics have a door of their own. */
  readonly adminApart: boolean
  readonly trustedProxies: readonly string[]
  readonly corsOrigins: readonly string[]
  readonly admit: BodyOptions['admit']
  /** True from the moment that the end was asked for. */
  readonly draining: () => boolean
}

/** Longer than any model's name: a longer segment is nobody's. */
const pathSegmentBytesMax = 1024

/** Schemas only describe here (plugins/openapi.ts), so no route is left with one that could be compiled. */
const noCompiler = (): never => {
  throw new Error('the framework is to check and write nothing')
}

/** A client may take so long for its headers; the body has the whole request's time. */
const headersTimeoutMs = 15_000
/** Node looks for overdue requests this often; its own half a minute would let slow callers stay three times as long as they may. */
const overdueCheckMs = 1000

export function serverOptions({ headerBytesMax, requestTimeoutMs }: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: headerBytesMax,
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: overdueCheckMs,
    // Our own words are for those who send none.
    requireHostHeader: false
  }
}

/** Builds the server; it listens to nothing yet. */
export async function buildServer(services: HttpServices): Promise<FastifyInstance> {
  const { limits, certificates, trustedProxies } = services
  const options = serverOptions(limits)
  // The types tell the two apart; the instance behaves alike.
  const listening = (
    certificates === undefined ? { http: options } : { https: { ...options, ...secureOptions(certificates) } }
  ) as { readonly http: ServerOptions }
  const app = Fastify({
    // The framework's logger costs each request its listeners, whether or not anything is logged: our plugins have their own.
    logger: false,
    genReqId: requestIds(),
    bodyLimit: limits.jsonBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Else the framework loads its own compilers, which takes a tenth of a second at start.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    ...listening,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    routerOptions: { maxParamLength: pathSegmentBytesMax },
    clientErrorHandler: answerBrokenRequest,
    // Before any hook has seen the request.
    frameworkErrors: (error, request, reply) => {
      void reply.header('x-request-id', request.id)
      sendError(toServingError(error), request, reply, services.logger)
    }
  })
  // Else the framework refuses requests of this method without a content type before it is known that no route has it.
  app.addHttpMethod('QUERY', { hasBody: false, overrideExisting: true })
  handleErrors(app, services.logger)
  watchConnections(app.server)
  await allowOrigins(app, services.corsOrigins)
  if (services.adminApart) keepDoorsApart(app)
  enforceScopes(app, services)
  handleNotFound(app, services.logger)
  returnRequestId(app)
  requireHost(app)
  traceRequests(app, services.tracing)
  watchRequestEnds(app, services)
  readBodiesAsBytes(app, { ...limits, admit: services.admit })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // When the answer is sent, not when the request came: a connection that is kept would keep the server from closing.
    if (services.draining()) reply.header('connection', 'close')
    done(null, payload)
  })
  await generateOpenApi(app, services.version)
  healthRoutes(app, services)
  inferRoutes(app, services)
  v1Routes(app, services)
  mlflowRoutes(app, services)
  metadataRoutes(app, services)
  contractRoutes(app, services)
  gateRoutes(app, services)
  driftRoutes(app, services)
  historyRoutes(app, services)
  repositoryRoutes(app, services)
  statisticsRoutes(app, services)
  metricsRoutes(app, services)
  await showOpenApi(app, services)
  return app
}
