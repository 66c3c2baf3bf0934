import t from 'tap'
import type { z } from 'zod'
import * as schemas from '../../../src/protocol/v2/schemas.ts'
import { fp32, repository, startApp } from '../../helpers/app.ts'
import { plus, unknownOperator } from '../../helpers/models.ts'

t.test('what is documented is what is answered, to the last key', async t => {
  const models = repository(t, { 'plus/1/model.onnx': plus(1), 'bad/1/model.onnx': unknownOperator() })
  const app = await startApp(t, models)
  const body = { id: 'a', ...fp32('x', [1, 2], [1, 'NaN']) }
  const cases: [schema: z.ZodType, method: 'GET' | 'POST', url: string, payload?: object][] = [
    [schemas.serverMetadataSchema, 'GET', '/v2'],
    [schemas.modelListSchema, 'GET', '/v2/models'],
    [schemas.modelMetadataSchema, 'GET', '/v2/models/plus'],
    [schemas.modelConfigSchema, 'GET', '/v2/models/plus/config'],
    [schemas.indexSchema, 'POST', '/v2/repository/index'],
    [schemas.inferResponseSchema, 'POST', '/v2/models/plus/infer', body],
    [schemas.errorSchema, 'POST', '/v2/models/plus/infer', fp32('y', [1, 2], [1, 2])],
    [schemas.errorSchema, 'GET', '/v2/models/nobody']
  ]
  for (const [schema, method, url, payload] of cases) {
    const answer = (await app.http.inject({ method, url, ...(payload && { payload }) })).json<unknown>()
    // An object schema drops keys that it does not know, so equality shows that there are none.
    t.strictSame(schema.parse(answer), answer, `${method} ${url}`)
  }
})
