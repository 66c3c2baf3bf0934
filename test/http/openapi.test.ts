import t, { type Test } from 'tap'
import { repository, startApp, type TestApp } from '../helpers/app.ts'
import { identity, sum } from '../helpers/models.ts'

interface Operation {
  readonly requestBody: {
    readonly required: boolean
    readonly content: Readonly<Record<string, { readonly schema: { readonly properties?: object } }>>
  }
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>
}

async function postsOf(app: TestApp): Promise<(path: string) => Operation> {
  const { paths } = (await app.http.inject({ url: '/openapi.json' })).json<{
    paths: Readonly<Record<string, { readonly post: Operation }>>
  }>()
  return path => paths[path]!.post
}

function two(t: Test): string {
  return repository(t, { 'a/1/model.onnx': identity(), 'b/1/model.onnx': sum() })
}

t.test('only bodies that may be left out are not required, and nothing of the mark stays', async t => {
  const post = await postsOf(await startApp(t, repository(t, {})))
  t.equal(post('/v2/repository/index').requestBody.required, false)
  t.equal(post('/v2/repository/models/{model}/load').requestBody.required, false)
  t.equal(post('/v2/models/{model}/infer').requestBody.required, true)
  t.notMatch(JSON.stringify(post('/v2/repository/index')), /x-body-optional/)
})

t.test('tensors may be binary in general and for each model', async t => {
  const post = await postsOf(await startApp(t, two(t)))
  const types = ['application/json', 'application/octet-stream']
  for (const path of ['/v2/models/{model}/infer', '/v2/models/a/infer']) {
    t.same(Object.keys(post(path).requestBody.content).sort(), types, path)
    t.same(Object.keys(post(path).responses['200']!.content).sort(), types, path)
  }
})

t.test('/invocations is typed where it is clear which model answers', async t => {
  const properties = async (flags: Record<string, string>): Promise<unknown> => {
    const post = await postsOf(await startApp(t, two(t), flags))
    return post('/invocations').requestBody.content['application/json']!.schema.properties
  }
  t.match(await properties({ 'default-model': 'a' }), { inputs: { anyOf: Array } })
  t.match(JSON.stringify(await properties({ 'default-model': 'b' })), /"left"|"b"/)
  t.equal(await properties({}), undefined, 'of any model')
  t.equal(await properties({ 'default-model': 'c' }), undefined, 'of none that is served')
  const post = await postsOf(await startApp(t, repository(t, { 'a/1/model.onnx': identity() })))
  t.match(post('/invocations').requestBody.content['application/json'], { schema: { properties: Object } })
})
