import { join } from 'node:path'
import t from 'tap'
import { benchCommand } from '../../src/cli/bench.ts'
import { repository } from '../helpers/app.ts'
import { identity, picky } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

interface Document {
  readonly requests: number
  readonly failed: number
  readonly requestsPerSecond: number
  readonly latencyMs: { readonly p99: number }
  readonly version: string
  readonly payload: { readonly rows: number }
}

t.test('the real command against a real server', async t => {
  const models = repository(t, { 'same/1/model.onnx': identity(), 'picky/1/model.onnx': picky() })
  const state = join(models, '.state')
  const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', state])
  const address = await server.ready
  const short = ['--duration', '1', '--warm-up', '0', '--concurrency', '2']
  const bench = async (...args: readonly string[]) => {
    const run = kedge(t, ['bench', address, ...args])
    return { code: (await run.exited).code, output: run.output() }
  }

  const document = await bench('--model', 'same', '--version', '1', '--rows', '3', '--json', ...short)
  t.equal(document.code, 0, document.output)
  const { requests, failed, requestsPerSecond, latencyMs, version, payload } = JSON.parse(
    document.output
  ) as Document
  t.ok(requests > 0 && requestsPerSecond > 0 && latencyMs.p99 > 0)
  t.same([failed, version, payload.rows], [0, '1', 3])

  const binary = await bench('--model', 'same', '--binary', '--json', ...short)
  t.equal(binary.code, 0, binary.output)
  t.match(JSON.parse(binary.output), { failed: 0, payload: { kind: 'binary' } })

  const open = ['--rate', '50', '--duration', '1', '--warm-up', '0', '--progress']
  const table = await bench('--model', 'same', ...open)
  t.equal(table.code, 0, table.output)
  t.match(table.output, /^not stable .* of the 3 windows/m)
  t.match(table.output, /^load +open loop, 50 a second/m)

  const unknown = await bench('--model', 'other', ...short)
  t.equal(unknown.code, 1)
  t.match(unknown.output, /^kedge: the server has no metadata of model 'other' \(404: .*\)\n$/)

  const timed = await bench('--model', 'same', '--header', 'X-Kedge-Timeout-Ms: none', ...short)
  t.equal(timed.code, 1)
  t.match(timed.output, /header x-kedge-timeout-ms: expected/, 'the server has seen it')

  const refused = await bench('--model', 'picky', '--rows', '64', ...short)
  t.equal(refused.code, 1)
  t.match(refused.output, /^kedge: the first request failed \(\d+: .*--data\n$/)
})

t.test('a server that is not there, or a file: status 1 and one line', async t => {
  const folder = t.testdir({ 'text.json': 'no' })
  const cases: [args: string[], text: RegExp][] = [
    [[], /^kedge: http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)\n$/],
    [['--data', join(folder, 'nowhere.json')], /^kedge: --data .*nowhere\.json cannot be read \(ENOENT\)\n$/],
    [['--data', join(folder, 'text.json')], /^kedge: --data .*text\.json is not JSON: .*\n$/]
  ]
  for (const [args, text] of cases) {
    const run = kedge(t, ['bench', 'http://127.0.0.1:1', '--model', 'm', ...args])
    t.equal((await run.exited).code, 1)
    t.match(run.output(), text)
  }
})

t.test('a wrong use is said in a line; status 2', async t => {
  const cases: [args: string[], text: RegExp][] = [
    [['--model', 'm'], /missing required argument 'url'/],
    [['http://127.0.0.1:1'], /'--model <name>' not specified/],
    [['ftp://a', '--model', 'm'], /expected an address such as/],
    [['http://127.0.0.1:1/?a=b', '--model', 'm'], /without query/],
    [['http://127.0.0.1:1', '--model', 'm', '--rate', '1', '--concurrency', '2'], /cannot be used with/],
    [['http://127.0.0.1:1', '--model', 'm', '--data', 'a', '--rows', '2'], /cannot be used with/],
    [['http://127.0.0.1:1', '--model', 'm', '--data', 'a', '--binary'], /cannot be used with/],
    [['http://127.0.0.1:1', '--model', 'm', '--header', 'no colon'], /expected a header such as/],
    [['http://127.0.0.1:1', '--model', 'm', '--header', 'a: b\nc: d'], /expected a header such as/],
    [['http://127.0.0.1:1', '--model', 'm', '--header', 'Content-Type: text/plain'], /content-type is set by/]
  ]
  const bounds: [flag: string, text: string][] = [
    ['--concurrency', '0'],
    ['--concurrency', '4097'],
    ['--concurrency', '1.5'],
    ['--rate', '0'],
    ['--rate', '100001'],
    ['--duration', '0.05'],
    ['--duration', '86401'],
    ['--warm-up', '-1'],
    ['--warm-up', '3601'],
    ['--rows', '0'],
    ['--rows', '1000001'],
    ['--timeout-ms', '0'],
    ['--timeout-ms', '600001'],
    ['--seed', '4294967296'],
    ['--seed', 'x']
  ]
  for (const [flag, text] of bounds)
    cases.push([['http://127.0.0.1:1', '--model', 'm', flag, text], /expected a (whole )?number/])
  for (const [args, text] of cases) {
    let said = ''
    const command = benchCommand().configureOutput({
      writeErr: line => {
        said += line
      }
    })
    await t.rejects(command.parseAsync(args, { from: 'user' }), { name: 'CommanderError' }, args.join(' '))
    t.match(said, text)
  }
  const run = kedge(t, ['bench', 'http://127.0.0.1:1', '--model', 'm', '--rows', 'many'])
  t.equal((await run.exited).code, 2)
  t.match(run.output(), /^error: option '--rows <n>' argument 'many' is invalid\. expected a number/)
})
