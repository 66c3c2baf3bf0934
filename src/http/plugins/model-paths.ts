// The document of what is served now: the part that no model changes, and a typed path a model and dialect. Kept until models come or go.
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import type { JsonSchema } from '../../schema/json-schema.ts'
import { type DialectContract, modelContract } from '../model-contract.ts'

type Paths = Readonly<Record<string, Record<string, unknown>>>

export interface OpenApiDocument {
  readonly paths?: Paths
  readonly tags?: readonly object[]
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> } | undefined
  readonly [key: string]: unknown
}

export interface ServedModels {
  /** The versions that answer by default, one a model, in a steady order. */
  readonly servedByDefault: () => readonly ModelVersion[]
  /** The model that /invocations asks; undefined for the only one. */
  readonly defaultModel: string | undefined
}

/** Larger examples make the document unreadable; `…/schema` has them. */
const exampleCharsMax = 16_384

export class ModelPaths {
  readonly #base: () => OpenApiDocument
  readonly #served: ServedModels
  #known: { readonly versions: readonly ModelVersion[]; readonly document: OpenApiDocument } | undefined

  constructor(base: () => OpenApiDocument, served: ServedModels) {
    this.#base = base
    this.#served = served
  }

  document(): OpenApiDocument {
    const versions = this.#served.servedByDefault()
    const known = this.#known
    if (
      known?.versions.length === versions.length &&
      versions.every((version, index) => version === known.versions[index])
    )
      return known.document
    const document = withModels(this.#base(), versions, this.#served.defaultModel)
    this.#known = { versions, document }
    return document
  }
}

export function withModels(
  base: OpenApiDocument,
  versions: readonly ModelVersion[],
  defaultModel: string | undefined
): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = { ...base.paths }
  for (const version of versions) {
    const { v2, v1 } = modelContract(version)
    const tag = version.model
    const templates = { v2: '/v2/models/{model}/infer', v1: '/v1/models/{model}:predict' }
    paths[v2.path] = { post: typed(paths[templates.v2]?.['post'], v2, version, 'infer', tag) }
    paths[v1.path] = { post: typed(paths[templates.v1]?.['post'], v1, version, 'predict', tag) }
  }
  const invocations = paths['/invocations']?.['post']
  const asked =
    defaultModel === undefined && versions.length === 1
      ? versions[0]
      : versions.find(({ model }) => model === defaultModel)
  let { components } = base
  if (asked !== undefined && invocations !== undefined) {
    const { mlflow } = modelContract(asked)
    paths[mlflow.path] = { post: typed(invocations, mlflow, asked, 'invoke', 'MLflow') }
    // Nothing else refers to the general ones.
    const { InvocationsRequest: _, InvocationsResponse: __, ...schemas } = components?.schemas ?? {}
    components = { ...components, schemas }
  }
  const tags = versions.map(({ model, manifest }) => ({
    name: model,
    ...(manifest.description !== undefined && { description: manifest.description })
  }))
  return { ...base, components, tags: [...tags, ...(base.tags ?? [])], paths }
}

interface Operation {
  readonly parameters?: unknown
  readonly requestBody?: { readonly content?: Readonly<Record<string, object>> }
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>
}

/** The general operation with this model's body and answer in place of any model's. */
function typed(
  general: unknown,
  { request, response, example }: DialectContract,
  { model, version, manifest }: ModelVersion,
  verb: string,
  tag: string
): object {
  const { parameters: _, ...operation } = general as Operation
  const isShown = example !== undefined && JSON.stringify(example).length <= exampleCharsMax
  const content = {
    ...operation.requestBody?.content,
    'application/json': { schema: request, ...(isShown && { example }) }
  }
  const answered: { readonly schema: JsonSchema } = { schema: response }
  const answers = { ...operation.responses?.['200']?.content, 'application/json': answered }
  return {
    ...operation,
    operationId: verb === 'invoke' ? verb : `${verb}_${model}`,
    summary: verb === 'predict' ? `Predict from rows with ${model}` : `Predict with ${model}`,
    description: [manifest.description, `Version ${version} answers.`]
      .filter(text => text !== undefined)
      .join('. '),
    tags: [tag],
    requestBody: { required: true, content },
    responses: {
      ...operation.responses,
      200: { description: 'The prediction.', content: answers }
    }
  }
}
