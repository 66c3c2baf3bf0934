import { join } from 'node:path'
import t from 'tap'
import { repository } from '../helpers/app.ts'
import { slow } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

const requests = 50

t.test('SIGTERM in the middle of 50 requests: 50 answers, exit code 0', async t => {
  const models = repository(t, {
    'slow/1/model.onnx': slow(40),
    // One after the other, or all would be answered at once.
    'slow/model.yaml': 'batching: { enabled: false }'
  })
  const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', join(models, '.state')])
  const address = await server.ready
  const answers = Array.from({ length: requests }, async (_, index) => {
    const inputs = [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [index] }]
    const response = await fetch(`${address}/v2/models/slow/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs })
    })
    const answer = (await response.json()) as { outputs?: { data: number[] }[] }
    return [response.status, answer.outputs?.[0]?.data[0] ?? answer]
  })
  // The first answer proves that the others are on their way; in flight they are in the server, as the gauge says.
  await Promise.race(answers)
  const metrics = await (await fetch(`${address}/metrics`)).text()
  const [, inFlight] = /kedge_inflight_requests\{model="slow",version="1"\} (\d+)/.exec(metrics) ?? []
  t.ok(Number(inFlight) > requests / 2, `${inFlight} requests are in flight`)
  server.child.kill('SIGTERM')
  t.same(
    await Promise.all(answers),
    Array.from({ length: requests }, (_, index) => [200, index])
  )
  t.same(await server.exited, { code: 0, signal: null })
})
