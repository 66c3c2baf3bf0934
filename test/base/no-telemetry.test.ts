import t from 'tap'

t.test('importing the module switches the telemetry of onnxruntime off', async t => {
  delete process.env['ORT_DISABLE_TELEMETRY']
  await import('../../src/base/no-telemetry.ts')
  t.equal(process.env['ORT_DISABLE_TELEMETRY'], '1')
})
