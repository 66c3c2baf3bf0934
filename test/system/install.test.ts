import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { kedge } from '../helpers/process.ts'
import { node24, run } from './tools.ts'

/** The environment that people have, without what npm and tap tell the programs they start. */
const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_registry)|TAP|_TAP|NODE_OPTIONS)/.test(name)
  )
)

async function predicts(t: Test, executable: string, state: string): Promise<void> {
  const models = join(projectFolder, 'models')
  const args = ['serve', '--models', models, '--port', '0', '--state-dir', state]
  const server = kedge(t, args, {}, executable)
  const address = await server.ready
  const inputs = [{ name: 'measurements', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] }]
  const response = await fetch(`${address}/v2/models/iris/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs })
  })
  t.match(await response.json(), { model_name: 'iris', outputs: [{ name: 'label', data: [0] }, {}] })
  server.child.kill('SIGTERM')
  t.same(await server.exited, { code: 0, signal: null })
}

t.test("the packed package serves after the README's install command", async t => {
  // Outside of this project: npm installs into the nearest folder above that is one.
  const folder = mkdtempSync(join(tmpdir(), 'kedge-install-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: projectFolder })
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))
  t.ok(tarball, packed)
  const readme = readFileSync(join(projectFolder, 'README.md'), 'utf8')
  const [, flags] = /^npm install kedge(.*)$/m.exec(readme) ?? []
  t.ok(flags, 'the README has a command for people who install the package')
  const consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{}')
  run('npm', ['install', `../${tarball}`, ...flags!.trim().split(' ')], { cwd: consumer, env: cleanEnv })
  const installed = join(consumer, 'node_modules', 'kedge')
  t.notOk(readdirSync(join(installed, 'build')).includes('test'), 'only what is needed to run')
  await predicts(t, join(installed, 'bin', 'kedge.js'), join(folder, 'state'))
})

t.test('the packed package holds what it says and no more', async t => {
  const said = run('npm', ['pack', '--dry-run', '--json', '--silent'], { cwd: projectFolder })
  const [{ files }] = JSON.parse(said) as [{ files: { path: string }[] }]
  const paths = files.map(({ path }) => path)
  const expected =
    /^(bin\/kedge\.js|build\/src\/.+\.js(\.map)?|openapi\/openapi\.json|docker\/healthcheck\.js|(CHANGELOG|README)\.md|LICENSE|package\.json)$/
  t.strictSame(
    paths.filter(path => !expected.test(path)),
    []
  )
  t.ok(paths.length > 100, `${paths.length} files`)
})

t.test('npm 10, 11 and 12 install from the lock file, and no install script runs', async t => {
  for (const version of [10, 11, 12]) {
    const folder = join(t.testdir({ [String(version)]: {} }), String(version))
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      run('cp', [join(projectFolder, file), folder])
    }
    // npm 12 needs a newer Node than the oldest that Kedge runs on.
    const path =
      version === 12 ? `${dirname(node24())}${delimiter}${process.env['PATH']}` : process.env['PATH']
    const env = { ...cleanEnv, PATH: path }
    run('npx', ['--yes', `npm@${version}`, 'ci', '--omit=dev'], { cwd: folder, env })
    const runtime = join(folder, 'node_modules', 'onnxruntime-node')
    const binaries = readdirSync(join(runtime, 'bin', 'napi-v6', process.platform, process.arch))
    t.ok(
      binaries.some(name => name.startsWith('libonnxruntime')),
      `npm ${version}`
    )
    t.notOk(
      binaries.some(name => /cuda|tensorrt/.test(name)),
      'what the script downloads is not there'
    )
  }
})
