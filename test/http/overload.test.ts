import t from 'tap'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'

t.test('what finds no place is refused with 429 and Retry-After', async t => {
  const cases: [name: string, manifest: string, inFlightMax: string, codes: string[]][] = [
    [
      'one waits for the end of the turn, the others find the queue full',
      'queue: { rowsMax: 1 }',
      '9',
      ['QUEUE_FULL', 'QUEUE_FULL', 'QUEUE_FULL', 'ok']
    ],
    ['two have a permit, two have none', '', '2', ['OVERLOADED', 'OVERLOADED', 'ok', 'ok']]
  ]
  for (const [name, manifest, inFlightMax, codes] of cases) {
    const models = repository(t, { 'identity/1/model.onnx': identity(), 'identity/model.yaml': manifest })
    const app = await startApp(t, models, { 'limits-requests-in-flight-max': inFlightMax })
    const payload = JSON.stringify(fp32('x', [1, 2], [1, 2]))
    const one = () => app.http.inject({ method: 'POST', url: '/v2/models/identity/infer', payload })
    const answers = await Promise.all([one(), one(), one(), one()])
    const got = answers.map(answer =>
      answer.statusCode === 200 ? 'ok' : answer.json<{ code: string }>().code
    )
    t.same(got.sort(), codes, name)
    for (const { statusCode, headers } of answers.filter(answer => answer.statusCode !== 200)) {
      t.same([statusCode, headers['retry-after']], [429, '1'])
    }
    t.notOk(
      app.lines.some(({ msg }) => String(msg).startsWith('refused')),
      'a line for each would be one more load'
    )
    await app.http.inject({ method: 'POST', url: '/v2/models/identity/infer', payload: '{}' })
    t.ok(
      app.lines.some(({ msg }) => msg === 'refused: INVALID_REQUEST'),
      'a mistake of the caller has its line'
    )
  }
})
