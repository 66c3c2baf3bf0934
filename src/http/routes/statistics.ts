// What versions have done since they were loaded.
import type { FastifyInstance } from 'fastify'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import { modelStatistics, type VersionStatistics } from '../../protocol/v2/statistics.ts'
import { documented } from '../plugins/openapi.ts'
import { maySee } from '../scope.ts'
import type { MetadataServices } from './metadata.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface StatisticsServices extends Pick<MetadataServices, 'find' | 'served' | 'servedModels'> {
  readonly statistics: (version: ModelVersion) => VersionStatistics
}

export function statisticsRoutes(app: FastifyInstance, services: StatisticsServices): void {
  const { find, served, servedModels, statistics } = services
  const versionsOf = (model: string): ModelVersion[] =>
    [...(served(model)?.versions.values() ?? [])]
      .map(holds => holds.version)
      .sort((a, b) => a.version - b.version)

  const all = documented({
    operationId: 'getStatistics',
    summary: 'Counts and times of every version that is ready',
    tag: 'Models',
    answer: 'ModelStatistics'
  })
  app.get('/v2/models/stats', { config: { scope: 'read' }, schema: all }, request =>
    modelStatistics(
      [...servedModels()]
        .filter(model => maySee(request, model))
        .sort()
        .flatMap(versionsOf)
        .map(statistics)
    )
  )

  for (const { path, suffix, params } of modelPaths) {
    const schema = documented({
      operationId: `getModelStatistics${suffix}`,
      summary: 'Counts and times of a model, or of one of its versions',
      tag: 'Models',
      answer: 'ModelStatistics',
      errors: [404, 503],
      params
    })
    app.get<{ Params: ModelParams }>(
      `${path}/stats`,
      { config: { scope: 'read' }, schema },
      async request => {
        const version = await find(request.params)
        const versions = request.params.version === undefined ? versionsOf(version.model) : [version]
        return modelStatistics(versions.map(statistics))
      }
    )
  }
}
