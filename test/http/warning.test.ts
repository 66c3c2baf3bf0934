import t from 'tap'
import { repository, startApp } from '../helpers/app.ts'
import { refusesZeros } from '../helpers/models.ts'

t.test('a graph that cannot take zeros serves, and its warning is shown', async t => {
  const app = await startApp(t, repository(t, { 'm/1/model.onnx': refusesZeros() }))
  const inputs = [{ name: 'x', shape: [2], datatype: 'INT64', data: [1, 2] }]
  const answer = await app.http.inject({ method: 'POST', url: '/v2/models/m/infer', payload: { inputs } })
  t.match(answer.json(), { outputs: [{ name: 'y', data: [10, 20] }] })
  const warning = /^the generated warm-up request \(zeros\) failed: .+; put a real one into warmup\/$/
  const index = await app.http.inject({ method: 'POST', url: '/v2/repository/index' })
  t.match(index.json(), [{ name: 'm', state: 'READY', reason: warning }])
  const config = await app.http.inject('/v2/models/m/config')
  t.match(config.json(), { parameters: { 'kedge.warning': { string_value: warning } } })
})
