import { cpSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { datatypeNames } from '../../src/tensor/datatype.ts'
import { repository } from '../helpers/app.ts'
import { identity, plus, slow } from '../helpers/models.ts'
import { childrenOf, kedge } from '../helpers/process.ts'
import { python, run } from './tools.ts'

t.test("Triton's HTTP client sends and gets every datatype as binary tensors", async t => {
  const models = repository(
    t,
    Object.fromEntries(datatypeNames.map(name => [`${name.toLowerCase()}/1/model.onnx`, identity(name)]))
  )
  cpSync(join(projectFolder, 'models', 'iris'), join(models, 'iris'), { recursive: true })
  const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', join(models, '.state')])
  const address = await server.ready
  const script = join(projectFolder, 'test', 'system', 'clients', 'triton_binary.py')
  const output = run(python(), [script, new URL(address).host])
  t.notMatch(output, /^not ok/m, output)
  t.match(output, /^53 checks$/m, 'every check ran')
})

t.test(
  'kill -9 of a process-placed instance under load, 10 times: only its requests in flight fail',
  async t => {
    const models = repository(t, {
      'fragile/1/model.onnx': slow(4),
      'fragile/model.yaml': 'instances: { placement: process }',
      'other/1/model.onnx': plus(1)
    })
    const server = kedge(t, [
      'serve',
      '--models',
      models,
      '--port',
      '0',
      // The only child is the instance: there are no probes.
      '--lifecycle-probe',
      'never',
      '--state-dir',
      join(models, '.state')
    ])
    const address = await server.ready
    const ask = async (model: string, width: number): Promise<number> => {
      const inputs = [{ name: 'x', shape: [1, width], datatype: 'FP32', data: new Array(width).fill(1) }]
      const response = await fetch(`${address}/v2/models/${model}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs })
      })
      await response.arrayBuffer()
      return response.status
    }
    const load = { stopped: false }
    const statuses: Record<string, number[]> = { fragile: [], other: [] }
    const askers = [
      ...Array.from({ length: 4 }, async () => {
        while (!load.stopped) statuses['fragile']!.push(await ask('fragile', 1))
      }),
      (async () => {
        while (!load.stopped) statuses['other']!.push(await ask('other', 2))
      })()
    ]
    const kills = 10
    for (let kill = 0; kill < kills; kill++) {
      const before = statuses['fragile']!.filter(status => status === 200).length
      const [child] = childrenOf(server.child.pid!)
      t.ok(child, 'the instance is a process of its own')
      process.kill(child!, 'SIGKILL')
      // Back: answers come again before the next one is killed.
      while (statuses['fragile']!.filter(status => status === 200).length < before + 5)
        await ask('fragile', 1)
    }
    load.stopped = true
    await Promise.all(askers)
    t.same([...new Set(statuses['other'])], [200], 'the other model never noticed')
    const failed = statuses['fragile']!.filter(status => status !== 200)
    t.same([...new Set(failed)], [503], 'a clear refusal')
    t.ok(failed.length <= kills * 5, `${failed.length} requests failed with ${kills} kills and 5 in flight`)
    server.child.kill('SIGTERM')
    t.same(await server.exited, { code: 0, signal: null })
  }
)
