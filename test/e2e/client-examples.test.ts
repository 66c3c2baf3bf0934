// examples/clients and the guide to clients, to the letter: the scripts run, the committed client is current, and what the guide says comes
// back does. The Python ones are in test/system.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { clientCommand } from '../../src/cli/client.ts'
import { repository } from '../helpers/app.ts'
import { compile } from '../helpers/compile.ts'
import { kedge } from '../helpers/process.ts'

const examples = join(projectFolder, 'examples', 'clients')
const models = join(projectFolder, 'models')
const guide = readFileSync(join(projectFolder, 'docs', 'guides', 'clients.md'), 'utf8')
const readme = readFileSync(join(examples, 'README.md'), 'utf8')

const state = repository(t, {})
const server = kedge(t, [
  'serve',
  '--models',
  models,
  '--port',
  '0',
  '--state-dir',
  state,
  '--default-model',
  'penguins'
])

async function run(program: string, ...args: readonly string[]) {
  const child = spawn(program, args)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, output }
}

t.test('the committed TypeScript client is what the command writes', async t => {
  const [, line = ''] = /```sh\nnpx kedge (client .*)\n```/.exec(readme) ?? []
  const [out = '', ...args] = line.split(' ').reverse()
  const client = kedge(t, [...args.reverse().map(arg => (arg === 'models' ? models : arg)), '-'])
  t.equal((await client.exited).code, 0)
  t.equal(client.output(), readFileSync(join(projectFolder, out), 'utf8'), `made by: kedge ${line}`)
})

t.test('TypeScript: strictly compiled, it says what its page shows', async t => {
  const out = repository(t, {})
  t.strictSame(compile([join(examples, 'typescript', 'predict.ts')], 'node', out), [])
  const { status, output } = await run(process.execPath, join(out, 'predict.js'), await server.ready)
  t.equal(status, 0, output)
  t.match(readme, `\`\`\`\n${output}\`\`\``)
})

t.test('curl', async t => {
  const { status, output } = await run('sh', join(examples, 'curl', 'predict.sh'), await server.ready)
  t.equal(status, 0, output)
  t.match(output, '"label":"Adelie","probabilities":{"Adelie":0.999')
  t.match(output, '{"outputs":["setosa","virginica"]}\n')
  t.match(output, '"data":[0]')
  t.match(output, '{"valid":true,"model":"iris","version":"2","rows":1,"out_of_range":0}\n')
  t.match(output, "did you mean 'island'?")
  t.match(output, 'status 22: as it should\n')
  const nobody = await run('sh', join(examples, 'curl', 'predict.sh'), 'http://127.0.0.1:1')
  t.equal(nobody.status, 7, 'it ends at the first failure')
})

const fence = /```sh\ncurl (\S+) -H 'content-type: application\/json' -d '([^']+)'\n```\n+```json\n(.+)\n```/g

t.test("the guide's requests get the guide's answers", async t => {
  const address = await server.ready
  const shown = [...guide.matchAll(fence)]
  t.equal(shown.length, 5, 'all were found')
  for (const [, url = '', body = '', answer = ''] of shown) {
    const headers = { 'content-type': 'application/json' }
    const path = url.replace('http://127.0.0.1:8080', '')
    const response = await fetch(`${address}${path}`, { method: 'POST', headers, body })
    // An error has an id of its own each time.
    const { request_id: _, ...got } = (await response.json()) as Record<string, unknown>
    t.strictSame(got, JSON.parse(answer), path)
  }
})

t.test('the guide names every flag of its command', async t => {
  for (const { long } of clientCommand().options) t.match(guide, String(long))
})
