import { readFileSync } from 'node:fs'
import t from 'tap'
import { driftMetricTable } from '../../src/monitoring/drift/metric-table.ts'
import { metricTable } from '../../src/monitoring/metric-table.ts'
import { Metrics } from '../../src/monitoring/metrics.ts'
import { addressOf, fp32, repository, startApp } from '../helpers/app.ts'
import { identity, unknownOperator } from '../helpers/models.ts'

/** The value of one line of an exposition. */
function lineValue(text: string, series: string): number | undefined {
  const line = text.split('\n').find(candidate => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

t.test('names and labels follow the rules of Prometheus', t => {
  for (const [name, { type, labels, help }] of Object.entries(metricTable)) {
    t.match(name, /^kedge_[a-z_]+$/)
    t.equal(name.endsWith('_total'), type === 'counter', `${name}: counters and only they end in _total`)
    t.match(help, /\.$/, `${name}: help is a sentence`)
    for (const label of labels)
      t.notOk(['instance', 'job', 'le', 'quantile'].includes(label), `${name}{${label}}`)
  }
  t.end()
})

t.test('docs/metrics.md has a row for every metric, with its type, labels and meaning', t => {
  const rows = [
    ...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \| (.+) \| (.+) \|$/gm)
  ]
  t.same(
    rows.map(([, name, type, labels, help]) => [name, type, labels, help]),
    Object.entries({ ...metricTable, ...driftMetricTable }).map(([name, { type, labels, help }]) => [
      name,
      type,
      labels.map(label => `\`${label}\``).join(', ') || '–',
      help
    ])
  )
  t.end()
})

t.test('two registries in one process do not share counts', async t => {
  const one = new Metrics()
  const other = new Metrics()
  one.counter('kedge_rows_total').row({ model: 'm', version: '1' })[0]! += 5
  t.equal(lineValue(await one.render(), 'kedge_rows_total{model="m",version="1"}'), 5)
  t.equal(lineValue(await other.render(), 'kedge_rows_total{model="m",version="1"}'), undefined)
})

t.test('what happens is counted', async t => {
  const app = await startApp(
    t,
    repository(t, {
      'm/1/model.onnx': identity(),
      'm/model.yaml': 'instances: { placement: thread }',
      'bad/1/model.onnx': unknownOperator()
    })
  )
  const post = async (model: string, rows: number, data: unknown[]): Promise<number> => {
    const payload = JSON.stringify(fp32('x', [rows, 2], data))
    const url = `${addressOf(app)}/v2/models/${model}/infer`
    return (
      await fetch(url, { method: 'POST', body: payload, headers: { 'content-type': 'application/json' } })
    ).status
  }
  t.equal(await post('m', 3, [1, 2, 3, 4, 5, 6]), 200)
  t.equal(await post('m', 1, [1, 2]), 200)
  t.equal(await post('m', 1, [1]), 400)
  t.equal(await post('bad', 1, [1, 2]), 503)
  t.equal(await post('..%2F..%2Fsecret', 1, [1, 2]), 404)
  t.equal((await fetch(`${addressOf(app)}/secret`)).status, 404)
  const response = await fetch(`${addressOf(app)}/metrics`)
  t.match(response.headers.get('content-type'), 'text/plain; version=0.0.4')
  const text = await response.text()
  const m = 'model="m",version="1"'
  const expected: [series: string, value: number][] = [
    [`kedge_requests_total{${m},protocol="v2",outcome="success"}`, 2],
    [`kedge_requests_total{${m},protocol="v2",outcome="invalid"}`, 1],
    ['kedge_requests_total{model="",version="",protocol="v2",outcome="failed"}', 1],
    ['kedge_requests_total{model="",version="",protocol="v2",outcome="invalid"}', 1],
    [`kedge_rows_total{${m}}`, 4],
    [`kedge_batches_total{${m}}`, 2],
    [`kedge_batch_rows_sum{${m}}`, 4],
    [`kedge_batch_rows_bucket{${m},le="1"}`, 1],
    [`kedge_request_duration_seconds_count{${m}}`, 2],
    [`kedge_queue_duration_seconds_count{${m}}`, 2],
    [`kedge_run_duration_seconds_count{${m}}`, 2],
    [`kedge_queue_rows{${m}}`, 0],
    [`kedge_inflight_requests{${m}}`, 0],
    [`kedge_instances{${m},placement="thread"}`, 1],
    [`kedge_model_state{${m},state="ready"}`, 1],
    [`kedge_model_state{${m},state="failed"}`, 0],
    ['kedge_model_state{model="bad",version="1",state="failed"}', 1],
    ['kedge_load_duration_seconds_count{model="m"}', 1],
    ['kedge_repository_problems', 1],
    ['kedge_http_requests_total{route="/v2/models/:model/infer",method="POST",status="200"}', 2],
    ['kedge_http_requests_total{route="none",method="any",status="404"}', 1]
  ]
  for (const [series, value] of expected) t.equal(lineValue(text, series), value, series)
  t.match(
    text,
    /^kedge_build_info\{version="0\.1\.0",runtime="onnxruntime 1\.30\.0",node="\d+\.\d+\.\d+"\} 1$/m
  )
  t.ok((lineValue(text, 'kedge_repository_last_scan_timestamp_seconds') ?? 0) > 1_700_000_000)
  t.match(text, /^process_resident_memory_bytes \d+/m)
  t.notMatch(text, /secret/, 'label values never come from a URL')
})
