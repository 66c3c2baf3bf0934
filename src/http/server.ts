// The HTTP server: Fastify with one concern a plugin and one group of routes a file. Knows the rest of Kedge by what is handed in.
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { CountHttp } from '../monitoring/http-counts.ts'
import { type BodyOptions, readBodiesAsBytes } from './plugins/bodies.ts'
import { answerBrokenRequest, handleErrors, sendError, toServingError } from './plugins/error-handler.ts'
import { handleNotFound } from './plugins/not-found.ts'
import { observeRequests } from './plugins/observe.ts'
import { generateOpenApi, showOpenApi } from './plugins/openapi.ts'
import { requestIds, returnRequestId } from './plugins/request-id.ts'
import { type HealthServices, healthRoutes } from './routes/health.ts'
import { type InferServices, inferRoutes } from './routes/infer.ts'
import { type MetadataServices, metadataRoutes } from './routes/metadata.ts'
import { type MetricsServices, metricsRoutes } from './routes/metrics.ts'
import { type RepositoryServices, repositoryRoutes } from './routes/repository.ts'
import { type StatisticsServices, statisticsRoutes } from './routes/statistics.ts'
import { enforceScopes } from './scope.ts'

export interface HttpLimits {
  readonly jsonBytesMax: number
  readonly bodyBytesMax: number
  readonly requestTimeoutMs: number
  readonly headerBytesMax: number
}

export interface HttpServices
  extends HealthServices,
    InferServices,
    MetadataServices,
    MetricsServices,
    StatisticsServices,
    RepositoryServices {
  readonly logger: FastifyBaseLogger
  readonly limits: HttpLimits
  readonly slowRequestMs: number
  readonly requireAuth: boolean
  readonly admit: BodyOptions['admit']
  readonly countHttp: CountHttp
  /** True from the moment that the end was asked for. */
  readonly draining: () => boolean
}

/** Longer than any model's name: a longer segment is nobody's. */
const pathSegmentBytesMax = 1024

/** Builds the server; it listens to nothing yet. */
export async function buildServer(services: HttpServices): Promise<FastifyInstance> {
  const { limits } = services
  const app = Fastify({
    loggerInstance: services.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    // A logger for each request is more than most requests need: those lines that are written name it themselves.
    childLoggerFactory: logger => logger,
    bodyLimit: limits.jsonBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    http: { maxHeaderSize: limits.headerBytesMax },
    routerOptions: { maxParamLength: pathSegmentBytesMax },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => sendError(toServingError(error), request, reply)
  })
  handleErrors(app)
  enforceScopes(app, services)
  handleNotFound(app)
  returnRequestId(app)
  observeRequests(app, services.countHttp, services.slowRequestMs)
  readBodiesAsBytes(app, { ...limits, admit: services.admit })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // When the answer is sent, not when the request came: a connection that is kept would keep the server from closing.
    if (services.draining()) reply.header('connection', 'close')
    done(null, payload)
  })
  await generateOpenApi(app, services.version)
  healthRoutes(app, services)
  inferRoutes(app, services)
  metadataRoutes(app, services)
  repositoryRoutes(app, services)
  statisticsRoutes(app, services)
  metricsRoutes(app, services)
  await showOpenApi(app)
  return app
}
