// A pod of the chart without Kubernetes: Kedge with the settings that are rendered, asked what the probes ask, and told to go as the kubelet
// tells it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { kedge } from '../helpers/process.ts'
import { rendered } from './kubernetes/objects.ts'

t.test(
  'probes are answered, and a pod that is told to go is unready first, serves meanwhile and ends',
  async t => {
    const rendering = rendered({ shutdown: { delaySeconds: 2, drainSeconds: 5 } })
    const folder = t.testdir({})
    const file = join(folder, 'kedge.yaml')
    writeFileSync(file, rendering.one('ConfigMap').data['kedge.yaml']!)
    const [container] = rendering.one('Deployment').spec.template.spec.containers
    const server = kedge(t, ['serve'], {
      KEDGE_CONFIG: file,
      KEDGE_MODELS: join(projectFolder, 'models'),
      KEDGE_STATE_DIR: join(folder, 'state'),
      KEDGE_PORT: '0'
    })
    const address = await server.listening
    const statusOf = async (probe: 'startupProbe' | 'readinessProbe' | 'livenessProbe'): Promise<number> => {
      const { path } = container[probe].httpGet
      return (await fetch(`${address}${path}`)).status
    }
    t.equal(await statusOf('livenessProbe'), 200, 'alive while it loads')
    await server.ready
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
      t.equal(await statusOf(probe), 200, probe)

    server.child.kill('SIGTERM')
    while ((await statusOf('readinessProbe')) === 200) await sleep(20)
    t.equal(await statusOf('readinessProbe'), 503)
    t.equal(await statusOf('livenessProbe'), 200, 'nobody restarts it meanwhile')
    const inputs = [{ name: 'measurements', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] }]
    const answer = await fetch(`${address}/v2/models/iris/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs })
    })
    t.equal(answer.status, 200, 'nor is it gone for who has not heard')
    t.match(await (await fetch(`${address}/metrics`)).text(), /^kedge_queue_duration_seconds_sum\{.*"iris"/m)
    t.strictSame(await server.exited, { code: 0, signal: null })
  }
)
