// Prometheus itself over the rules and dashboards that are shipped: promtool on made-up series, then a real one that scrapes a real server
// until the alert on drift fires.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { normals } from '../helpers/drift-world.ts'
import { plus } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'
import { debian, run } from './tools.ts'

const bin = join(debian('prometheus'), 'usr', 'bin')
const docker = join(projectFolder, 'docker')
const ruleFiles = readdirSync(join(docker, 'prometheus', 'rules')).map(name =>
  join(docker, 'prometheus', 'rules', name)
)

t.test('rules and configuration are valid, and the rules do what they say', async t => {
  t.match(run(join(bin, 'promtool'), ['check', 'rules', ...ruleFiles]), /SUCCESS/)
  t.match(
    run(join(bin, 'promtool'), ['check', 'config', join(docker, 'prometheus', 'prometheus.yml')]),
    /SUCCESS/
  )
  const cases = join(projectFolder, 'test', 'system', 'prometheus', 'drift.yml')
  t.match(run(join(bin, 'promtool'), ['test', 'rules', cases]), /SUCCESS/)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The shipped rules with windows and waits of seconds: an hour is too long for a test. */
function hurried(text: string): string {
  return text
    .replaceAll('[10m]', '[6s]')
    .replaceAll('[1h]', '[12s]')
    .replaceAll('[24h]', '[30s]')
    .replace(/interval: 1m/g, 'interval: 1s')
    .replace(/for: (10m|30m|1h)/g, 'for: 1s')
}

async function startPrometheus(t: Test, folder: string, target: string): Promise<string> {
  const port = await freePort()
  mkdirSync(join(folder, 'rules'), { recursive: true })
  for (const file of ruleFiles)
    writeFileSync(join(folder, 'rules', file.split('/').at(-1)!), hurried(readFileSync(file, 'utf8')))
  const configuration = `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: kedge
    static_configs: [{ targets: ['${target.replace('http://', '')}'] }]
`
  writeFileSync(join(folder, 'prometheus.yml'), configuration)
  const flags = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`
  ]
  const child = spawn(join(bin, 'prometheus'), flags, { stdio: 'ignore' })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null) await once(child, 'exit')
  })
  const address = `http://127.0.0.1:${port}`
  for (;;) {
    const ready = await fetch(`${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false
    )
    if (ready) return address
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

async function query(address: string, expression: string): Promise<Answer> {
  const response = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(expression)}`)
  return (await response.json()) as Answer
}

interface Alert {
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

async function firing(address: string): Promise<readonly Alert[]> {
  const response = await fetch(`${address}/api/v1/alerts`)
  const { data } = (await response.json()) as { data: { alerts: Alert[] } }
  return data.alerts.filter(({ state, labels }) => state === 'firing' && /Drift/.test(labels['alertname']!))
}

/** What Grafana puts in for its variables. */
const filled = (expression: string): string =>
  expression
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$model', '.*')
    .replaceAll('$version', '.*')
    .replaceAll('$feature', 'height')

t.test(
  'a real Prometheus scrapes a real server: nothing fires before the data moves, and the alert does when it has',
  async t => {
    const next = normals(21)
    const rows = Array.from({ length: 2000 }, () => `${next()},${next()}\n`).join('')
    const models = repository(t, {
      'm/1/model.onnx': plus(1),
      'm/model.yaml':
        'inputs: { x: { columns: [{ name: height, type: number }, { name: width, type: number }] } }',
      'train.csv': `height,width\n${rows}`
    })
    const made = kedge(t, ['profile', 'm', '--data', join(models, 'train.csv'), '--models', models])
    t.equal((await made.exited).code, 0, made.output())
    const server = kedge(t, [
      'serve',
      '--models',
      models,
      '--port',
      '0',
      '--state-dir',
      join(models, '.state'),
      '--drift-sub-window-ms',
      '1000'
    ])
    const address = await server.ready
    const prometheus = await startPrometheus(t, join(models, '.prometheus'), address)
    const ask = async (shift: number): Promise<void> => {
      const data = Array.from({ length: 200 }, (_, index) => next() + (index % 2 === 0 ? shift : 0))
      const body = JSON.stringify({ inputs: [{ name: 'x', shape: [100, 2], datatype: 'FP32', data }] })
      const headers = { 'content-type': 'application/json' }
      await (await fetch(`${address}/v2/models/m/infer`, { method: 'POST', headers, body })).arrayBuffer()
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    const rowsCounted = async (): Promise<number> => {
      const { data } = await query(prometheus, 'max(feature:kedge_feature_rows:increase1h{feature="height"})')
      return Number(data.result[0]?.value[1] ?? 0)
    }
    while ((await rowsCounted()) < 3000) await ask(0)
    t.strictSame(await firing(prometheus), [])
    const critical = async (): Promise<(string | undefined)[]> =>
      (await firing(prometheus))
        .filter(({ labels }) => labels['alertname'] === 'KedgeDriftCritical')
        .map(({ labels }) => labels['feature'])
    while (!(await critical()).includes('height')) await ask(1)
    t.notOk((await critical()).includes('width'))

    for (const name of readdirSync(join(docker, 'grafana', 'dashboards'))) {
      const text = readFileSync(join(docker, 'grafana', 'dashboards', name), 'utf8')
      const { panels } = JSON.parse(text) as {
        panels: { title: string; targets?: { expr: string }[] }[]
      }
      for (const { title, targets = [] } of panels)
        for (const { expr } of targets) {
          const { status, error, data } = await query(prometheus, filled(expr))
          t.equal(status, 'success', `${title}: ${error ?? ''}`)
          const mayBeEmpty = /failed|Gates|quality|missing|worth one|do not fit|Wasserstein/i.test(title)
          if (!mayBeEmpty) t.ok(data.result.length > 0, `${name}, ${title} shows something: ${expr}`)
        }
    }
  }
)
