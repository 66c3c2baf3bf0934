// The workflows of examples/ci and what the documents tell people to type: they parse, call what exists, and their scripts do what they say.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import type { Command } from 'commander'
import t, { type Test } from 'tap'
import { parseDocument } from 'yaml'
import { projectFolder } from '../../scripts/source-files.ts'
import { benchCommand } from '../../src/cli/bench.ts'
import { checkCommand } from '../../src/cli/check.ts'
import { clientCommand } from '../../src/cli/client.ts'
import { profileCommand } from '../../src/cli/profile.ts'
import { serveCommand } from '../../src/cli/serve.ts'
import { repository } from '../helpers/app.ts'

const examples = join(projectFolder, 'examples', 'ci')
const scripts = join(examples, 'scripts')
const workflows = ['github/release.yml', 'github/configure.yml', 'gitlab/.gitlab-ci.yml']
const commands = new Map<string, Command>(
  [benchCommand(), checkCommand(), clientCommand(), profileCommand(), serveCommand()].map(command => [
    command.name(),
    command
  ])
)
/** As GitLab has it: what a rule of another job says. */
const reference = { tag: '!reference', collection: 'seq' } as const

type Tree = Record<string, unknown>

function workflow(t: Test, name: string): Tree {
  const document = parseDocument(readFileSync(join(examples, name), 'utf8'), { customTags: [reference] })
  t.strictSame([...document.errors, ...document.warnings], [], `${name} is YAML`)
  return document.toJS() as Tree
}

/** Every text below a value, where shell commands are among others. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : []
}

/** The calls of `kedge` in shell commands, each as its command and its flags. */
function callsOf(lines: readonly string[]): [command: string, flags: string[]][] {
  return lines.flatMap(line =>
    [...line.matchAll(/\bkedge (serve|check|bench|profile|client)\b([^\n|;&>]*)/g)].map(
      ([, command = '', rest = '']): [string, string[]] => [command, rest.match(/(?<= )--[\w-]+/g) ?? []]
    )
  )
}

function checkCalls(t: Test, where: string, calls: readonly [string, string[]][]): void {
  for (const [name, flags] of calls) {
    const options = commands.get(name)?.options.map(({ long }) => long)
    t.ok(options !== undefined, `${where}: kedge ${name} exists`)
    for (const flag of flags) t.ok(options?.includes(flag), `${where}: kedge ${name} has ${flag}`)
  }
}

t.test('the workflows parse, and call commands and scripts that exist', async t => {
  const called = new Map<string, Set<string>>([
    ['github', new Set()],
    ['gitlab', new Set()]
  ])
  for (const name of workflows) {
    const lines = texts(workflow(t, name))
    const calls = callsOf(lines)
    t.ok(calls.length > 0, `${name} calls kedge`)
    checkCalls(t, name, calls)
    const found = lines.flatMap(line =>
      [...line.matchAll(/\bscripts\/([\w.-]+)/g)].map(([, file = '']) => file)
    )
    for (const file of found) {
      t.ok(existsSync(join(scripts, file)), `${name}: scripts/${file} exists`)
      called.get(name.split('/')[0]!)?.add(file)
    }
  }
  const all = readdirSync(scripts).sort()
  for (const [server, files] of called) t.strictSame([...files].sort(), all, `${server} uses every script`)
  for (const file of all.filter(name => name.endsWith('.sh'))) accessSync(join(scripts, file), constants.X_OK)
})

t.test('jobs need, extend and belong to what exists', async t => {
  for (const name of workflows.filter(each => each.startsWith('github'))) {
    const { jobs, on } = workflow(t, name) as { jobs: Record<string, Tree>; on: Tree }
    t.ok(Object.keys(on).length > 0, 'something starts it')
    for (const [job, { needs, 'runs-on': runner, steps }] of Object.entries(jobs)) {
      t.ok(runner !== undefined && Array.isArray(steps), `${name}: ${job} runs steps somewhere`)
      for (const other of [needs ?? []].flat() as string[])
        t.ok(Object.hasOwn(jobs, other), `${job} needs ${other}`)
      for (const step of steps as Tree[])
        t.equal(Number('run' in step) + Number('uses' in step), 1, JSON.stringify(step))
    }
  }
  const { stages, variables, ...jobs } = workflow(t, 'gitlab/.gitlab-ci.yml') as Record<string, Tree>
  t.ok(variables !== undefined)
  for (const [job, { stage, script, extends: from }] of Object.entries(jobs)) {
    for (const other of [from ?? []].flat() as string[])
      t.ok(Object.hasOwn(jobs, other), `${job} extends ${other}`)
    if (job.startsWith('.')) continue
    t.ok((stages as unknown as string[]).includes(stage as string), `${job} is in a stage`)
    t.ok(Array.isArray(script), `${job} does something`)
  }
})

t.test('the documents name flags that exist, and all of them', async t => {
  const pages = [
    'docs/checking.md',
    'docs/guides/ci.md',
    'docs/guides/clients.md',
    'examples/clients/README.md',
    'docs/guides/drift.md',
    'examples/ci/README.md',
    'README.md'
  ]
  for (const page of pages) {
    const text = readFileSync(join(projectFolder, page), 'utf8')
    const fences = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, body = '']) => body)
    checkCalls(t, page, callsOf(fences))
  }
  const checking = readFileSync(join(projectFolder, 'docs/checking.md'), 'utf8')
  for (const { long } of checkCommand().options) t.match(checking, `\`${long}`)
})

/** Runs a script in a folder; what it said and its status. */
function run(folder: string, script: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('sh', [join(scripts, script), ...args], {
    cwd: folder,
    encoding: 'utf8'
  })
  return { status, output: `${stdout}${stderr}` }
}

const filesBelow = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter(name => statSync(join(folder, name)).isFile())
    .sort()

t.test('a version is digested, staged, published once and taken back', async t => {
  const folder = repository(t, {
    'candidate/m/2/model.onnx': 'two',
    'candidate/m/2/gate/a b.yaml': 'x',
    'candidate/m/model.yaml': 'labels: { stable: 1 }',
    'models/m/1/model.onnx': 'one',
    'models/m/model.yaml': '',
    'models/other/1/model.onnx': 'other'
  })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  t.equal(run(folder, 'digests.sh', 'candidate/m/2').status, 0)
  t.equal(read('candidate/m/2/SHA256SUMS'), `${sha256('x')}  gate/a b.yaml\n${sha256('two')}  model.onnx\n`)
  t.equal(run(folder, 'digests.sh', 'candidate/m/2').status, 0)
  t.equal(read('candidate/m/2/SHA256SUMS').split('\n').length, 3, 'it does not list itself')

  t.strictSame(run(folder, 'stage.sh', 'candidate', 'models', 'staging', 'm'), { status: 0, output: '' })
  const staged = ['m/1/model.onnx', 'm/2/SHA256SUMS', 'm/2/gate/a b.yaml', 'm/2/model.onnx', 'm/model.yaml']
  t.strictSame(filesBelow(join(folder, 'staging')), staged)
  t.equal(read('staging/m/model.yaml'), 'labels: { stable: 1 }')
  t.equal(read('models/m/model.yaml'), '', 'what serves is as it was')

  const publish = (): { status: number | null; output: string } =>
    run(folder, 'publish.sh', 'candidate/m/2', 'models/m/2')
  t.equal(publish().status, 0)
  t.strictSame(filesBelow(join(folder, 'models/m/2')), ['SHA256SUMS', 'gate/a b.yaml', 'model.onnx'])
  writeFileSync(join(folder, 'candidate/m/2/model.onnx'), 'another')
  t.match(publish(), { status: 1, output: /models\/m\/2 is there already; a version never changes/ })
  t.equal(read('models/m/2/model.onnx'), 'two')
  t.match(run(folder, 'publish.sh', 'candidate', 'models/n'), {
    status: 1,
    output: /candidate holds no model\.onnx/
  })
  t.equal(run(folder, 'publish.sh', 'candidate/m/model.yaml', 'models/m/model.yaml').status, 0)
  t.equal(read('models/m/model.yaml'), 'labels: { stable: 1 }', 'a model.yaml is replaced')
  t.strictSame(readdirSync(join(folder, 'models/m')), ['1', '2', 'model.yaml'], 'nothing hidden is left')

  t.equal(run(folder, 'withdraw.sh', 'models/m/2').status, 0)
  t.equal(run(folder, 'withdraw.sh', 'models/m/2').status, 0, 'twice does no harm')
  t.strictSame(readdirSync(join(folder, 'models/m')), ['1', 'model.yaml'])
})

t.test('a first version of a model that is not published yet', async t => {
  const folder = repository(t, { 'candidate/m/1/model.onnx': 'one', 'models/other/1/model.onnx': 'other' })
  t.equal(run(folder, 'stage.sh', 'candidate', 'models', 'staging', 'm').status, 0)
  t.strictSame(filesBelow(join(folder, 'staging')), ['m/1/model.onnx'])
  t.equal(run(folder, 'publish.sh', 'candidate/m/1', 'models/m/1').status, 0)
  t.strictSame(filesBelow(join(folder, 'models/m')), ['1/model.onnx'])
})

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as { port: number }).port}`

t.test('waiting for a version ends with what the server says of it', async t => {
  const index = [
    { name: 'm', version: '1', state: 'READY', reason: '' },
    { name: 'm', version: '2', state: 'UNAVAILABLE', reason: 'gate/a.yaml: a value differs' },
    { name: 'm', version: '3', state: 'LOADING', reason: '' }
  ]
  const server = createServer((request, response) => {
    const isIndex = request.method === 'POST' && request.url === '/v2/repository/index'
    response.writeHead(isIndex ? 200 : 404).end(JSON.stringify(index))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = addressOf(server)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const nobody = addressOf(other)
  other.close()
  const cases: [args: string[], status: number, output: RegExp][] = [
    [[url, 'm', '1'], 0, /^m 1 serves\n$/],
    [[url, 'm', '2'], 1, /^m 2 was refused: gate\/a\.yaml: a value differs\n$/],
    [[url, 'm', '3', '0'], 1, /^m 3 does not serve after 0 s: it is LOADING\n$/],
    [[url, 'm', '4', '0'], 1, /^m 4 does not serve after 0 s: the server does not list it\n$/],
    [[nobody, 'm', '1', '0'], 1, /after 0 s: http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\n$/],
    [[url, 'm'], 2, /^usage: /]
  ]
  for (const [args, status, output] of cases) {
    const child = spawn(process.execPath, [join(scripts, 'await-version.mjs'), ...args])
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
    t.strictSame((await once(child, 'close'))[0], status, args.join(' '))
    t.match(said, output)
  }
})
