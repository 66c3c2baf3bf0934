import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { normals } from '../helpers/drift-world.ts'
import { plus } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly event: { readonly type: string; readonly subject: string; readonly data: { readonly to: string } }
}

t.test('from requests that have moved to the event that a webhook gets', async t => {
  const deliveries: Delivery[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      deliveries.push({ headers: request.headers, event: JSON.parse(body) as Delivery['event'] })
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.teardown(() => receiver.close())
  const manifest =
    'inputs: { x: { columns: [{ name: height, type: number }, { name: width, type: number }] } }'
  const models = repository(t, {
    'm/1/model.onnx': plus(1),
    'm/model.yaml': manifest,
    secret: `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  })
  const app = await startApp(t, models, {
    'drift-learn-rows-max': '100',
    'drift-learn-ms': '0',
    'drift-sub-window-ms': '100',
    'drift-webhook-url': `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
    'drift-webhook-secret-file': `${models}/secret`
  })
  const next = normals(1)
  let shift = 0
  const critical = (): Delivery | undefined =>
    deliveries.find(({ event }) => event.subject === 'height' && event.data.to === 'critical')
  while (critical() === undefined) {
    await turn()
    const data = Array.from({ length: 120 }, (_, index) => next() + (index % 2 === 0 ? shift : 0))
    const payload = fp32('x', [60, 2], data)
    await app.http.inject({ method: 'POST', url: '/v2/models/m/infer', payload })
    const { state } = (await app.http.inject({ url: '/v2/models/m/drift' })).json<{ state: string }>()
    if (state === 'ok') shift = 3
  }
  const { headers, event } = critical()!
  t.match(event, {
    specversion: '1.0',
    type: 'dev.kedge.drift.state-changed.v1',
    source: '/models/m/versions/1',
    data: { model: 'm', version: 1, feature: 'height' }
  })
  t.match(headers, { 'content-type': /^application\/cloudevents\+json/, 'webhook-signature': /^v1,\S+$/ })
  let body = ''
  // It is counted once the receiver's answer has come.
  while (!/^kedge_drift_webhook_total\{outcome="delivered"\} [1-9]/m.test(body)) {
    // An injected request may need no turn of the event loop, and the receiver's answer does.
    await turn()
    body = (await app.http.inject({ url: '/metrics' })).body
  }
  t.match(body, /^kedge_drift_state_changes_total\{model="m",version="1",to="critical"\} [1-9]/m)
})
