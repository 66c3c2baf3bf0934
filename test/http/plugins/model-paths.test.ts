import t from 'tap'
import { ModelPaths, withModels } from '../../../src/http/plugins/model-paths.ts'
import type { ModelVersion } from '../../../src/lifecycle/model-version.ts'
import { allocate } from '../../../src/tensor/datatype.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const contract = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', null] }])

function version(model: string, elements = 1, description?: string): ModelVersion {
  const example = () => [
    { name: 'x', datatype: 'FP32', shape: [1, elements], data: allocate('FP32', elements) } as const
  ]
  return {
    model,
    version: 3,
    contract,
    example,
    manifest: { outputs: {}, description }
  } as unknown as ModelVersion
}

const operation = (operationId: string) => ({
  post: {
    operationId,
    parameters: [{ name: 'model' }],
    requestBody: { content: { 'application/json': { schema: {} }, 'text/csv': {} } },
    responses: { 200: {}, 404: { description: 'no' } }
  }
})
const base = {
  openapi: '3.1.0',
  tags: [{ name: 'V1' }],
  paths: {
    '/v2/models/{model}/infer': operation('infer'),
    '/v1/models/{model}:predict': operation('predict'),
    '/invocations': operation('invoke')
  }
}

t.test('each model has a path a dialect, with its body and without parameters', async t => {
  const document = withModels(base, [version('a', 1, 'Says a'), version('b')], undefined)
  t.strictSame(Object.keys(document.paths ?? {}), [
    ...Object.keys(base.paths),
    '/v2/models/a/infer',
    '/v1/models/a:predict',
    '/v2/models/b/infer',
    '/v1/models/b:predict'
  ])
  t.strictSame(document.tags, [{ name: 'a', description: 'Says a' }, { name: 'b' }, { name: 'V1' }])
  const post = document.paths?.['/v1/models/a:predict']?.['post'] as Record<string, unknown>
  t.match(post, {
    operationId: 'predict_a',
    summary: 'Predict from rows with a',
    description: 'Says a. Version 3 answers.',
    tags: ['a'],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { type: 'object' }, example: { instances: [{ x: [0] }] } },
        'text/csv': {}
      }
    },
    responses: { 200: { content: { 'application/json': {} } }, 404: { description: 'no' } }
  })
  t.notOk('parameters' in post)
  t.strictSame(
    document.paths?.['/invocations'],
    base.paths['/invocations'],
    'of two, nobody knows which is meant'
  )
})

t.test('the only model is what /invocations asks, and large examples stay out', async t => {
  const { paths } = withModels(base, [version('a', 10_000)], undefined)
  const post = paths?.['/invocations']?.['post'] as Record<string, unknown>
  t.match(post, { operationId: 'invoke', tags: ['MLflow'], summary: 'Predict with a' })
  t.notMatch(JSON.stringify(paths), '"example"')
})

t.test('/invocations is typed for the default model, where there is one that is served', async t => {
  const summary = (defaultModel: string | undefined): unknown => {
    const post = withModels(base, [version('a'), version('b')], defaultModel).paths?.['/invocations']?.[
      'post'
    ]
    return (post as { readonly summary?: string }).summary
  }
  t.equal(summary('b'), 'Predict with b')
  t.equal(summary('c'), summary(undefined))
})

t.test('the document is made again when the versions are others', async t => {
  let [made, served] = [0, [version('a')]]
  const models = new ModelPaths(
    () => {
      made++
      return base
    },
    { servedByDefault: () => served, defaultModel: undefined }
  )
  const first = models.document()
  t.equal(models.document(), first)
  served = [...served]
  t.equal(models.document(), first, 'the same versions')
  for (const next of [[version('a')], [...served, version('b')], []]) {
    served = next
    t.equal(Object.keys(models.document().paths ?? {}).length, 3 + 2 * next.length)
  }
  t.equal(made, 4)
})
