// Whether the process says that it is alive while a model does not come back.
import t from 'tap'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { slow } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

const model = (placement: string): Record<string, string | Uint8Array> => ({
  'slow/1/model.onnx': slow(500),
  'slow/model.yaml': `batching: { enabled: false }\ninstances: { placement: ${placement} }`
})
const flags = { 'engine-run-max-ms': '10', 'engine-stuck-live-max-ms': '0' }
const request = {
  method: 'POST',
  url: '/v2/models/slow/infer',
  payload: JSON.stringify(fp32('x', [1, 1], [1]))
} as const

t.test('a thread that is stuck: not alive until its run has ended after all', async t => {
  const app = await startApp(t, repository(t, model('thread')), flags)
  const seen = new Set<string>()
  const look = async (): Promise<void> => {
    const response = await app.http.inject('/v2/health/live')
    seen.add(`${response.statusCode} ${response.body}`)
  }
  await look()
  t.strictSame([...seen], ['200 {"live":true}'])
  const run = { over: false }
  const answer = app.http.inject(request).then(response => {
    run.over = true
    return response
  })
  while (!run.over) {
    await look()
    await turn()
  }
  t.ok(seen.has('503 {"live":false}'))
  t.equal((await answer).statusCode, 200, 'the run is answered all the same')
  seen.clear()
  await look()
  t.strictSame([...seen], ['200 {"live":true}'])
  t.match(
    app.lines.find(line => line['level'] === 40 && line['model'] === 'slow'),
    { version: 1, msg: 'a run takes longer than 10 ms: its thread is stuck' }
  )
})

t.test('a process that is stuck is killed, which its request is told', async t => {
  const app = await startApp(t, repository(t, model('process')), flags)
  const response = await app.http.inject(request)
  t.match([response.statusCode, response.json()], [503, { code: 'INSTANCE_LOST' }])
  t.equal((await app.http.inject('/v2/health/live')).statusCode, 200)
  const notices = app.lines.filter(line => line['level'] === 40 && line['model'] === 'slow')
  t.match(
    notices.map(line => line['msg']),
    [/its process is killed$/, /an instance was lost \(.+SIGKILL\); another starts in 0 ms/]
  )
})
