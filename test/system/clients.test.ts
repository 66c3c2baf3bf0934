import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { kedge } from '../helpers/process.ts'
import { debian, python, run } from './tools.ts'

async function served(t: Test): Promise<string> {
  const models = join(projectFolder, 'models')
  return kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', t.testdir({})]).ready
}

t.test("Triton's HTTP client finds what it expects", async t => {
  const address = await served(t)
  const script = join(projectFolder, 'test', 'system', 'clients', 'triton_http.py')
  const output = run(python(), [script, new URL(address).host])
  t.notMatch(output, /^not ok/m, output)
  t.match(output, /^14 checks$/m, 'every check ran')
})

t.test("KServe's client finds what it expects, in V1 and in V2", async t => {
  const address = await served(t)
  const script = join(projectFolder, 'test', 'system', 'clients', 'kserve_rest.py')
  const output = run(python('kserve'), [script, address])
  t.notMatch(output, /^not ok/m, output)
  t.match(output, /^18 checks$/m, 'every check ran')
})

t.test('promtool has no complaint about the metrics', async t => {
  const address = await served(t)
  const headers = { 'content-type': 'application/json' }
  const data = [5.1, 3.5, 1.4, 0.2]
  const input = { name: 'measurements', shape: [1, 4], datatype: 'FP32', data }
  for (const inputs of [[input], []]) {
    const body = JSON.stringify({ inputs })
    await fetch(`${address}/v2/models/iris/infer`, { method: 'POST', headers, body })
  }
  const metrics = await (await fetch(`${address}/metrics`)).text()
  t.match(metrics, /kedge_requests_total\{.*outcome="success"\} 1/)
  const check = async (text: string): Promise<{ status: number | null; said: string }> => {
    const child = spawn(join(debian('prometheus'), 'usr/bin/promtool'), ['check', 'metrics'])
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
    child.stdin.end(text)
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, said }
  }
  t.same(await check(metrics), { status: 0, said: '' })
  const spoilt = metrics.replaceAll('kedge_requests_total', 'kedge_requests')
  t.not((await check(spoilt)).status, 0, 'it does complain where there is something to complain of')
})
