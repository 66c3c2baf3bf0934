import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { addressOf, repository, startApp } from '../helpers/app.ts'
import { plus } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

const shipped = join(projectFolder, 'models')

async function run(t: Test, ...args: readonly string[]) {
  const process = kedge(t, ['client', ...args])
  return { status: (await process.exited).code, output: process.output() }
}

/** A server that answers everything with `answer`, and the headers that it saw. */
async function answering(t: Test, status: number, answer: string) {
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers['x-api-key'])
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, seen }
}

/** The least that is a contract. */
const empty = (model: string): object => ({
  model,
  version: '1',
  features: [],
  v1: { request: { properties: { instances: { items: { properties: {} } } } } }
})

t.test('a running server and its repository give the same file', async t => {
  const folder = repository(t, {})
  const url = addressOf(await startApp(t, shipped, { 'state-dir': join(folder, 'state') }))
  const models = ['iris@1', 'penguins', 'wine-anomaly', 'digits', 'diabetes']
  const [here, there] = [join(folder, 'here.ts'), join(folder, 'there.ts')]
  const said = await run(t, ...models, '--models', shipped, '--out', here)
  const named = 'iris 1, penguins 1, wine-anomaly 1, digits 1, diabetes 1'
  t.strictSame(said, { status: 0, output: `${here}\n${named}\n` })
  t.equal((await run(t, ...models, '--url', `${url}/`, '--out', there)).status, 0)
  const text = readFileSync(here, 'utf8')
  t.equal(readFileSync(there, 'utf8'), text)
  t.match(text, `// Made from: ${named}.`)
  t.match(text, "['iris', { version: '1', classes: true, numbers: ['probabilities'] }]")
  t.strictSame(await run(t, ...models, '--models', shipped, '--out', '-'), { status: 0, output: text })
  const unknown = await run(t, 'irs', '--url', url, '--out', there)
  t.strictSame(unknown, { status: 1, output: `kedge: unknown model "irs"; did you mean 'iris'?\n` })
  t.match(await run(t, 'iris@9', '--url', url, '--out', there), {
    status: 1,
    output: /no version "9"; it has 2, 1\n$/
  })
})

t.test('a repository of one model, by the name that it is served under', async t => {
  const folder = repository(t, { '1/model.onnx': plus(1) })
  const args = ['--models', folder, '--model-name', 'adder', '--out', '-']
  t.match(await run(t, 'adder', ...args), { status: 0, output: /AdderPrediction = readonly number\[\]/ })
})

t.test('a key goes to the server that was named, and no further', async t => {
  const { url, seen } = await answering(
    t,
    401,
    '{"error":"no key\\u001b[31m\\nno entry","code":"UNAUTHENTICATED"}'
  )
  const args = ['m', '--url', url, '--header', 'X-Api-Key: secret', '--out', '-']
  t.strictSame(await run(t, ...args), { status: 1, output: 'kedge: no key [31m no entry\n' })
  t.strictSame(seen, ['secret'])
  const elsewhere = await answering(t, 307, '')
  t.match(await run(t, 'm', '--url', elsewhere.url, '--out', '-'), {
    status: 1,
    output: /^kedge: no answer from [^\n]*\n$/
  })
})

t.test('what cannot be described: status 1 and a line', async t => {
  const folder = repository(t, { 'm/1/model.onnx': plus(1) })
  const other = await answering(t, 200, JSON.stringify(empty('other')))
  const html = await answering(t, 200, '<html>')
  const list = await answering(t, 200, '[]')
  const cases: [args: string[], output: RegExp][] = [
    [['n', '--models', folder], /^kedge: no model "n": there are 'm'; did you mean 'm'\?\n$/],
    [
      ['m', '--models', join(folder, 'nowhere')],
      /^kedge: repository [^\n]*nowhere cannot be read \(ENOENT\)\n$/
    ],
    [['m', '--url', 'http://127.0.0.1:1'], /^kedge: no answer from http:\/\/127\.0\.0\.1:1\/v2\/[^\n]*\n$/],
    [['m', '--url', other.url], /^kedge: asked for m, got the contract of other 1\n$/],
    [
      ['m', '--url', html.url],
      /^kedge: [^\n]* answers with status 200 and no contract: is it a Kedge[^\n]*\n$/
    ],
    [['m', '--url', list.url], /^kedge: [^\n]* answers an empty array, not a contract\n$/]
  ]
  for (const [args, output] of cases) {
    const file = join(folder, 'client.ts')
    t.match(await run(t, ...args, '--out', file), { status: 1, output }, args.join(' '))
    t.notOk(existsSync(file), 'nothing was written')
  }
  const nowhere = await run(t, 'm', '--models', folder, '--out', join(folder, 'no/such/client.ts'))
  t.match(nowhere, { status: 1, output: /client\.ts cannot be written \(ENOENT\)\n$/ })
})

t.test('a wrong use: status 2', async t => {
  for (const args of [
    [],
    ['m'],
    ['--out', 'x.ts'],
    ['m@x', '--out', 'x.ts'],
    ['m', 'm@2', '--out', 'x.ts'],
    ['m', '--out', 'x.ts', '--url', 'nowhere'],
    ['m', '--out', 'x.ts', '--header', 'x'],
    ['m', '--out', 'x.ts', '--url', 'http://localhost', '--models', 'models'],
    ['m', '--out', 'x.ts', '--models', 'models', '--config', 'nowhere.yaml']
  ]) {
    const { status, output } = await run(t, ...args)
    t.equal(status, 2, `${args.join(' ')}: ${output}`)
  }
})
