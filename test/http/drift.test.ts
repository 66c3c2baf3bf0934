import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { normals } from '../helpers/drift-world.ts'
import { plus } from '../helpers/models.ts'

const manifest =
  'inputs: { x: { columns: [{ name: height, type: number }, { name: "<b>width</b>", type: number }] } }'
const settings = { 'drift-learn-rows-max': '100', 'drift-learn-ms': '0', 'drift-sub-window-ms': '100' }

t.test('a baseline is learned from requests, downloaded, and shipped beside the model', async t => {
  const models = repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': manifest })
  const app = await startApp(t, models, settings)
  const next = normals(1)
  const ask = async (rows: number, shift: number): Promise<void> => {
    const data = Array.from({ length: rows * 2 }, () => next() + shift)
    const payload = fp32('x', [rows, 2], data)
    const { statusCode } = await app.http.inject({ method: 'POST', url: '/v2/models/m/infer', payload })
    t.equal(statusCode, 200)
  }
  const view = async (url = '/v2/models/m/drift') => {
    const response = await app.http.inject({ url })
    return [response.statusCode, response.json<Record<string, unknown>>()] as const
  }
  /** Until `state` is seen; evaluations come by themselves. */
  const until = async (state: string): Promise<void> => {
    for (;;) {
      await ask(60, state === 'critical' ? 3 : 0)
      const [, { state: now }] = await view()
      if (now === state) return
    }
  }
  t.match(await view(), [200, { state: 'learning', monitors: [] }])
  const early = await app.http.inject({ url: '/v2/models/m/drift/profile' })
  t.match([early.statusCode, early.json()], [404, { code: 'PROFILE_NOT_FOUND' }])
  await until('ok')
  await until('critical')
  const [status, drift] = await view('/v2/models/m/versions/1/drift')
  t.match([status, drift], [200, { model: 'm', version: 1, profile: { source: 'live-capture' } }])
  t.match(drift['monitors'], [{ state: 'critical', explanation: /^Looks different from the reference/ }])

  const page = await app.http.inject({ url: '/v2/models/m/drift/report' })
  t.equal(page.statusCode, 200)
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': /^default-src 'none'; style-src 'unsafe-inline'; img-src data:; /
  })
  t.match(page.body, '&lt;b&gt;width&lt;/b&gt;')
  t.notMatch(page.body, '<b>width</b>')

  const download = await app.http.inject({ url: '/v2/models/m/versions/1/drift/profile' })
  t.match(download.headers, { 'content-disposition': 'attachment; filename="reference.json"' })
  writeFileSync(join(models, 'm', '1', 'reference.json'), download.body)
  const replica = await startApp(t, models, settings)
  const shipped = await replica.http.inject({ url: '/v2/models/m/drift' })
  t.match(shipped.json(), { profile: drift['profile'] }, 'the same profile, so that counts add up')
  const { body } = await replica.http.inject({ url: '/metrics' })
  t.match(
    body,
    /^kedge_feature_bin_total\{model="m",version="1",profile="[0-9a-f]{8}",feature="height",bin="00"\} 0$/m
  )
})

t.test('what was wrong with a request is counted, whatever was wrong', async t => {
  const models = repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': manifest })
  const app = await startApp(t, models, settings)
  const tensor = (over: object = {}): object => ({
    inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2], ...over }]
  })
  const bodies: [kind: string, body: object][] = [
    ['shape', tensor({ shape: [1, 3], data: [1, 2, 3] })],
    ['shape', tensor({ data: [1] })],
    ['type', tensor({ datatype: 'INT64' })],
    ['type', tensor({ data: ['a', 2] })],
    ['range', tensor({ data: [1e300, 2] })],
    ['name', tensor({ name: 'y' })],
    ['name', { inputs: [] }]
  ]
  const expected: Record<string, number> = { type: 0, shape: 0, name: 0, range: 0 }
  for (const [kind, payload] of bodies) {
    const { statusCode } = await app.http.inject({ method: 'POST', url: '/v2/models/m/infer', payload })
    t.equal(statusCode, 400)
    expected[kind]! += 1
    const { violations } = (await app.http.inject({ url: '/v2/models/m/drift' })).json<{
      violations: object
    }>()
    t.strictSame(violations, expected, JSON.stringify(payload))
  }
})

t.test('probes, warm-up and gates are no requests', async t => {
  const models = repository(t, {
    'm/1/model.onnx': plus(1),
    'm/model.yaml': manifest,
    'm/1/gate/case.json': JSON.stringify({
      request: fp32('x', [1, 2], [1, 2]),
      expected: { y: [2, 3] }
    })
  })
  const app = await startApp(t, models, settings)
  for (const url of ['/v2/health/live', '/v2/health/ready', '/v2/models/m/ready', '/metrics'])
    await app.http.inject({ url })
  t.match((await app.http.inject({ url: '/v2/models/m/drift' })).json(), { rowsSeen: 0 })
  t.match((await app.http.inject({ url: '/v2/models/n/drift/report' })).json(), { code: 'MODEL_NOT_FOUND' })
  t.match((await app.http.inject({ url: '/v2/models/m/versions/9/drift' })).json(), {
    code: 'VERSION_NOT_FOUND'
  })
})
