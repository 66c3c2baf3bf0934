// The proof that nothing phones home. The runtime reads ORT_DISABLE_TELEMETRY from the environment of the process when its
// native library is first loaded; what a worker thread sees as process.env is only a copy. So a probe, preloaded into each
// thread of a fresh process, looks at both at the moment the library is loaded.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { repository } from '../helpers/app.ts'
import { plus } from '../helpers/models.ts'

const probe = `
const { isMainThread } = require('node:worker_threads')
const { writeSync } = require('node:fs')
const dlopen = process.dlopen
process.report.excludeNetwork = true
process.dlopen = function (module, file, ...rest) {
  if (file.includes('onnxruntime')) {
    const real = process.report.getReport().environmentVariables.ORT_DISABLE_TELEMETRY ?? 'unset'
    const seen = process.env.ORT_DISABLE_TELEMETRY ?? 'unset'
    writeSync(2, 'PROBE ' + (isMainThread ? 'main' : 'worker') + ' seen=' + seen + ' real=' + real + '\\n')
    if (process.argv.includes('no-load')) process.exit(0)
  }
  return dlopen.call(this, module, file, ...rest)
}`

const built = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

interface Ended {
  readonly status: number | null
  /** What the probe saw at each loading of the native library. */
  readonly loads: readonly string[]
  /** What the process left in its home and its folder for temporary files. */
  readonly left: readonly string[]
}

/**
 * Runs node with the probe and next to no environment: neither CI nor anything else that switches telemetry off. Asked to end
 * once it says `until`.
 */
async function run(
  t: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
  args: (root: string) => string[],
  until?: string
): Promise<Ended> {
  const root = repository(t, { 'probe.cjs': probe, 'home/.keep': '', ...files })
  const home = join(root, 'home')
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, XDG_CACHE_HOME: home }
  const child = spawn(process.execPath, ['--require', join(root, 'probe.cjs'), ...args(root)], {
    env,
    cwd: root
  })
  t.teardown(() => void child.kill('SIGKILL'))
  let text = ''
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
    // Once: a second signal would not wait for the orderly end.
    if (until !== undefined && !child.killed && text.includes(until)) child.kill('SIGTERM')
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const [status] = (await once(child, 'close')) as [number | null]
  const loads = text.split('\n').filter(line => line.startsWith('PROBE '))
  if (status !== 0) t.comment(text)
  return { status, loads, left: readdirSync(home).filter(name => name !== '.keep') }
}

const quiet = { status: 0, left: [] }

t.test('src/main.ts: set in the process before the library is loaded, and only workers load it', async t => {
  const files = { 'models/a/1/model.onnx': plus(1), 'models/b/1/model.onnx': plus(2) }
  const args = (root: string) => [
    built('main.js'),
    'serve',
    '--models',
    join(root, 'models'),
    '--port',
    '0',
    '--state-dir',
    join(root, 'state')
  ]
  const load = 'PROBE worker seen=1 real=1'
  t.strictSame(await run(t, files, args, 'first scan settled'), { ...quiet, loads: [load, load] })
})

t.test('whoever starts an instance from a program of their own is protected as well', async t => {
  const program = `
    import { startThreadInstance } from ${JSON.stringify(built('backend/thread-instance.js'))}
    const options = { path: process.argv[2], graphOptimization: 'all', threads: 1 }
    const instance = await startThreadInstance(options)
    await instance.close()`
  const files = { 'model.onnx': plus(1), 'program.mjs': program }
  const args = (root: string) => [join(root, 'program.mjs'), join(root, 'model.onnx')]
  t.strictSame(await run(t, files, args), { ...quiet, loads: ['PROBE worker seen=1 real=1'] })
})

t.test('src/backend/worker.ts: set before the library is loaded, as far as a thread can', async t => {
  const program = `
    import { Worker } from 'node:worker_threads'
    new Worker(${JSON.stringify(built('backend/worker.js'))}, { argv: ['no-load'] })`
  // This process has not switched telemetry off, so the library is not loaded in earnest.
  const ended = await run(t, { 'program.mjs': program }, root => [join(root, 'program.mjs')])
  t.strictSame(ended, { ...quiet, loads: ['PROBE worker seen=1 real=unset'] })
})

t.test('src/backend/onnx-session.ts: set in the process by whoever uses it on the main thread', async t => {
  const code = `await import(${JSON.stringify(built('backend/onnx-session.js'))})`
  const args = () => ['--input-type=module', '--eval', code]
  t.strictSame(await run(t, {}, args), { ...quiet, loads: ['PROBE main seen=1 real=1'] })
})

t.test('the entry points import the switch before anything else', async t => {
  for (const entry of ['main.js', 'backend/worker.js']) {
    const [first] = readFileSync(built(entry), 'utf8')
      .split('\n')
      .filter(line => line.startsWith('import'))
    t.match(first, /^import ["']\.{1,2}\/base\/no-telemetry\.js["']/, entry)
  }
})

t.test('outside of a thread the entry refuses to start', async t => {
  await t.rejects(import('../../src/backend/worker.ts'), {
    message: /this module is the entry of a worker thread/
  })
})
