import t from 'tap'
import type { DriftChange } from '../../../src/monitoring/drift/change.ts'
import { driftEvent, webhookSignature } from '../../../src/monitoring/drift/cloud-event.ts'
import { driftChange } from '../../helpers/drift-change.ts'

t.test('a change in the form of CloudEvents 1.0', async t => {
  t.strictSame(JSON.parse(JSON.stringify(driftEvent(driftChange(), 'e-1'))), {
    specversion: '1.0',
    id: 'e-1',
    source: '/models/churn/versions/3',
    type: 'dev.kedge.drift.state-changed.v1',
    subject: 'age',
    time: '2026-01-01T00:00:00.500Z',
    datacontenttype: 'application/json',
    data: {
      model: 'churn',
      version: 3,
      feature: 'age',
      from: 'ok',
      to: 'warning',
      window: '1h',
      psi: 0.143,
      threshold: 0.1,
      effectiveRows: 2400,
      profile: '9f86d081'
    }
  })
})

t.test('what is not known is left out, what JSON has no number for is text', async t => {
  const unknown: Partial<DriftChange> = { window: undefined, psi: undefined, threshold: undefined }
  const { data } = JSON.parse(JSON.stringify(driftEvent(driftChange(unknown), 'e-1'))) as { data: object }
  t.strictSame(Object.keys(data), ['model', 'version', 'feature', 'from', 'to', 'effectiveRows', 'profile'])
  t.match(driftEvent(driftChange({ psi: Number.POSITIVE_INFINITY }), ''), { data: { psi: 'Infinity' } })
  t.equal(
    driftEvent(driftChange({ model: 'a b' }), '').source,
    '/models/a%20b/versions/3',
    'a source is a URI'
  )
})

t.test('the signature of the reference vector of Standard Webhooks', async t => {
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
  t.equal(
    webhookSignature(key, id, 1_614_265_330, '{"test": 2432232314}'),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  )
})
