// The OpenAPI document against the server that serves it: requests made up from it get answers that it describes, and it lints clean while
// models come and go.
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { kedge } from '../helpers/process.ts'
import { python, run, runBeside } from './tools.ts'

const shipped = join(projectFolder, 'models')

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

async function documentOf(address: string): Promise<Document> {
  return (await (await fetch(`${address}/openapi.json`)).json()) as Document
}

/** Requests an operation beside those that its schemas' corners ask for. */
const examples = 5

/** Predictions with a body that the document types: of one model, or of the default model. */
const typed = `^/(v1|v2)/models/[^{]+(/infer|:predict)$|^/invocations$`
const control = '/(load|unload)$'

interface Fuzzing {
  readonly what: string
  readonly flags: readonly string[]
  /** Which operations. */
  readonly paths: readonly string[]
  /** Every check that schemathesis has is on but these. */
  readonly off: readonly string[]
}

const fuzzings: readonly Fuzzing[] = [
  {
    what: 'predictions with a model',
    flags: ['--default-model', 'iris'],
    paths: ['--include-path-regex', typed],
    // That lists are of one length, and data as long as its shape says, is beyond JSON Schema. typed_body_acceptance, which
    // schemathesis_hooks.py adds, lets refusals for that pass and no others.
    off: ['positive_data_acceptance']
  },
  {
    what: 'all else',
    flags: ['--default-model', 'iris'],
    paths: ['--exclude-path-regex', `${typed}|${control}`],
    // A path takes any model's name, and its body what any model may take: what fits the one of the path is not in the schema.
    off: ['positive_data_acceptance']
  },
  {
    what: 'loading and unloading',
    flags: ['--repository-control-api'],
    paths: ['--include-path-regex', control],
    // 501 is the answer to files in a body, which the document says; other errors of the server have a status that it does not.
    off: ['not_a_server_error']
  }
]

/** How many operations were tried; what was wrong is thrown. */
async function fuzz(t: Test, { flags, paths, off }: Fuzzing): Promise<number> {
  const folder = repository(t, {})
  const server = ['serve', '--models', shipped, '--port', '0', '--state-dir', join(folder, 'state'), ...flags]
  const address = await kedge(t, server).ready
  const program = join(dirname(python('schemathesis')), 'schemathesis')
  const bounds = ['--max-examples', String(examples), '--seed', '1', '--generation-database', 'none']
  const checks = ['--checks', 'all', '--exclude-checks', off.join(',')]
  const args = ['run', `${address}/openapi.json`, ...paths, ...checks, ...bounds, '--warnings', 'off']
  const hooks = join(projectFolder, 'test', 'system', 'clients', 'schemathesis_hooks.py')
  const env = { ...process.env, SCHEMATHESIS_HOOKS: hooks, NO_COLOR: '1' }
  // It leaves files where it is.
  const said = await runBeside(program, args, { cwd: folder, env })
  return Number(/Tested: (\d+)/.exec(said)?.[1])
}

t.test('requests made up from the document get answers that it describes', async t => {
  for (const fuzzing of fuzzings) t.ok((await fuzz(t, fuzzing)) > 0, fuzzing.what)
})

function lint(t: Test, document: Document): void {
  const file = join(repository(t, {}), 'openapi.json')
  writeFileSync(file, JSON.stringify(document))
  const config = join(projectFolder, 'redocly.yaml')
  const redocly = join(projectFolder, 'node_modules', '.bin', 'redocly')
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off' }
  const output = run(redocly, ['lint', file, '--config', config], { env })
  t.match(output, /Your API description is valid/)
  t.notMatch(output, /You have \d+ warning/)
}

t.test('the document lints clean while models come and go', async t => {
  const root = repository(t, {})
  const models = join(root, 'models')
  mkdirSync(models)
  const add = (model: string): void => {
    const half = join(root, model)
    cpSync(join(shipped, model), half, { recursive: true })
    renameSync(half, join(models, model))
  }
  add('iris')
  add('penguins')
  const quick = ['--repository-poll-ms', '100', '--repository-stable-ms', '100']
  const server = ['serve', '--models', models, '--port', '0', '--state-dir', join(root, 'state'), ...quick]
  const address = await kedge(t, server).ready
  /** Once the document has typed paths for these models alone. */
  const lintsWith = async (...names: readonly string[]): Promise<void> => {
    const wanted = names.flatMap(name => [`/v1/models/${name}:predict`, `/v2/models/${name}/infer`]).sort()
    for (;;) {
      const document = await documentOf(address)
      const paths = Object.keys(document.paths).filter(path =>
        /models\/\w[^/]*(\/infer|:predict)$/.test(path)
      )
      if (paths.sort().join() === wanted.join()) return lint(t, document)
      await setTimeout(20)
    }
  }
  await lintsWith('iris', 'penguins')
  add('digits')
  await lintsWith('digits', 'iris', 'penguins')
  rmSync(join(models, 'iris'), { recursive: true })
  await lintsWith('digits', 'penguins')
  rmSync(join(models, 'digits'), { recursive: true })
  await lintsWith('penguins')
  rmSync(join(models, 'penguins'), { recursive: true })
  await lintsWith()
})
