// Prometheus itself over what is shipped: promtool on made-up series, then a real one that scrapes a real server until the alert on drift
// fires.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { normals } from '../helpers/drift-world.ts'
import { plus } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'
import { docker, firing, program, query, ruleFiles, startPrometheus } from './prometheus-server.ts'
import { run } from './tools.ts'

t.test('rules and configuration are valid, and the rules do what they say', async t => {
  const promtool = program('promtool')
  t.match(run(promtool, ['check', 'rules', ...ruleFiles]), /SUCCESS/)
  t.match(run(promtool, ['check', 'config', join(docker, 'prometheus', 'prometheus.yml')]), /SUCCESS/)
  const folder = join(projectFolder, 'test', 'system', 'prometheus')
  const cases = readdirSync(folder)
  t.ok(cases.length >= 4)
  for (const name of cases) t.match(run(promtool, ['test', 'rules', join(folder, name)]), /SUCCESS/, name)
})

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
    const state = ['--state-dir', join(models, '.state')]
    const often = ['--drift-sub-window-ms', '1000']
    const server = kedge(t, ['serve', '--models', models, '--port', '0', ...state, ...often])
    const address = await server.ready
    const prometheus = await startPrometheus(t, join(models, '.prometheus'), [address])
    const ask = async (shift: number): Promise<void> => {
      const data = Array.from({ length: 200 }, (_, index) => next() + (index % 2 === 0 ? shift : 0))
      const body = JSON.stringify({ inputs: [{ name: 'x', shape: [100, 2], datatype: 'FP32', data }] })
      const headers = { 'content-type': 'application/json' }
      await (await fetch(`${address}/v2/models/m/infer`, { method: 'POST', headers, body })).arrayBuffer()
    }
    const isJudged = async (): Promise<boolean> => {
      const levels = 'count(feature:kedge_drift_level:1h{feature=~"height|width"} == 0) == 2'
      return (await query(prometheus, levels)).data?.result.length === 1
    }
    const drifting = async (): Promise<(string | undefined)[]> =>
      (await firing(prometheus))
        .filter(({ alertname }) => /Drift/.test(alertname!))
        .map(({ alertname, feature }) => `${alertname} ${feature}`)
    while (!(await isJudged())) await ask(0)
    t.strictSame(await drifting(), [])
    while (!(await drifting()).includes('KedgeDriftCritical height')) await ask(1)
    t.notOk((await drifting()).includes('KedgeDriftCritical width'))
  }
)
