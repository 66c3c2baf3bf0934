// What is served: the server's metadata, the list of models, and each model's metadata, readiness and configuration.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ServingError } from '../../errors/serving-error.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import type { ServedModel } from '../../lifecycle/serving-map.ts'
import { errorBody } from '../../protocol/v2/error-body.ts'
import { extensions, modelConfig, modelMetadata } from '../../protocol/v2/metadata.ts'
import type { Target } from '../../routing/resolve.ts'
import { documented } from '../plugins/openapi.ts'
import { maySee } from '../scope.ts'
import { configParameters } from './config-parameters.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface MetadataServices {
  readonly version: string
  /** The version that would answer, once it is loaded where it loads on demand; throws ServingError where none would. */
  readonly find: (target: Target) => Promise<ModelVersion>
  /** Why none would; undefined where one would. Throws ServingError for what is unknown. */
  readonly unreadiness: (target: Target) => ServingError | undefined
  readonly served: (model: string) => ServedModel | undefined
  readonly servedModels: () => readonly string[]
}

z.object({ name: z.string(), ready: z.boolean() }).meta({ id: 'ModelReady' })

export function metadataRoutes(app: FastifyInstance, services: MetadataServices): void {
  const server = documented({
    operationId: 'getServer',
    summary: 'Name, version and extensions of the server',
    tag: 'Models',
    answer: 'ServerMetadata'
  })
  app.get('/v2', { config: { scope: 'read' }, schema: server }, () => ({
    name: 'kedge',
    version: services.version,
    extensions
  }))

  const list = documented({
    operationId: 'listModels',
    summary: 'Names of the models that are ready',
    tag: 'Models',
    answer: 'ModelList'
  })
  app.get('/v2/models', { config: { scope: 'read' }, schema: list }, request => ({
    models: [...services.servedModels()].filter(model => maySee(request, model)).sort()
  }))

  for (const modelPath of modelPaths) {
    metadataRoute(app, services, modelPath)
    readyRoute(app, services, modelPath)
    configRoute(app, services, modelPath)
  }
}

type ModelPath = (typeof modelPaths)[number]

const errors = [404, 503]

function metadataRoute(
  app: FastifyInstance,
  services: MetadataServices,
  { path, suffix, params }: ModelPath
): void {
  const about = documented({
    operationId: `getModel${suffix}`,
    summary: 'Inputs and outputs, labels, and the model card',
    tag: 'Models',
    answer: 'ModelMetadata',
    errors,
    params
  })
  app.get<{ Params: ModelParams }>(path, { config: { scope: 'read' }, schema: about }, async request => {
    const version = await services.find(request.params)
    const served = services.served(version.model)
    const { description, card } = version.manifest
    return modelMetadata({
      name: version.model,
      versions: [...(served?.versions.keys() ?? [])].sort((a, b) => a - b),
      signature: version.signature,
      description,
      card,
      labels: new Map([...(served?.labels ?? [])].map(([label, holds]) => [label, holds.version.version]))
    })
  })
}

function readyRoute(
  app: FastifyInstance,
  services: MetadataServices,
  { path, suffix, params }: ModelPath
): void {
  const ready = documented({
    operationId: `getModelReady${suffix}`,
    summary: 'Is the model ready',
    tag: 'Health',
    answer: 'ModelReady',
    errors,
    params
  })
  app.get<{ Params: ModelParams }>(
    `${path}/ready`,
    { config: { scope: 'read' }, schema: ready },
    (request, reply) => {
      const { model: name } = request.params
      const error = services.unreadiness(request.params)
      if (error === undefined) return { name, ready: true }
      // Not an error of this route: it answers the very question. Nothing is logged.
      return reply.code(503).send({ name, ready: false, ...errorBody(error, request.id) })
    }
  )
}

function configRoute(
  app: FastifyInstance,
  services: MetadataServices,
  { path, suffix, params }: ModelPath
): void {
  const config = documented({
    operationId: `getModelConfig${suffix}`,
    summary: "Configuration in Triton's form",
    tag: 'Models',
    answer: 'ModelConfig',
    errors,
    params
  })
  app.get<{ Params: ModelParams }>(
    `${path}/config`,
    { config: { scope: 'read' }, schema: config },
    async request => {
      const version = await services.find(request.params)
      return modelConfig({
        name: version.model,
        version: version.version,
        signature: version.signature,
        versionPolicy: version.manifest.versions,
        instances: version.instances.size,
        file: 'model.onnx',
        parameters: configParameters(version)
      })
    }
  )
}
