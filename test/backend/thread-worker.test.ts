// With the proof that nothing phones home: test/helpers/runtime-probe.ts says how.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { plus } from '../helpers/models.ts'
import { built, probed, quiet } from '../helpers/runtime-probe.ts'

t.test('src/main.ts: set in the process before the library is loaded, wherever that happens', async t => {
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
  const { loads, ...ended } = await probed(t, files, args, 'first scan settled')
  t.strictSame(ended, quiet)
  t.ok(loads.length > 0, 'it was loaded')
  for (const load of loads) t.match(load, /^PROBE \w+ seen=1 real=1$/)
})

t.test('whoever starts an instance from a program of their own is protected as well', async t => {
  const program = `
    import { startInstance } from ${JSON.stringify(built('backend/start-instance.js'))}
    const options = { path: process.argv[2], graphOptimization: 'all', threads: 1 }
    const instance = await startInstance(process.argv[3], options)
    await instance.close()`
  const files = { 'model.onnx': plus(1), 'program.mjs': program }
  const main = 'PROBE main seen=1 real=1'
  const loads = {
    inline: [main],
    thread: [main, 'PROBE worker seen=1 real=1'],
    process: [main, 'PROBE child seen=1 real=1']
  }
  for (const [placement, expected] of Object.entries(loads)) {
    const args = (root: string) => [join(root, 'program.mjs'), join(root, 'model.onnx'), placement]
    t.strictSame(await probed(t, files, args), { ...quiet, loads: expected }, placement)
  }
})

t.test('src/backend/thread-worker.ts: set before the library is loaded, as far as a thread can', async t => {
  const program = `
    import { Worker } from 'node:worker_threads'
    new Worker(${JSON.stringify(built('backend/thread-worker.js'))}, { argv: ['no-load'] })`
  // This process has not switched telemetry off, so the library is not loaded in earnest.
  const ended = await probed(t, { 'program.mjs': program }, root => [join(root, 'program.mjs')])
  t.strictSame(ended, { ...quiet, loads: ['PROBE worker seen=1 real=unset'] })
})

t.test('src/backend/process-worker.ts: set in its process before the library is loaded', async t => {
  const program = `
    import { fork } from 'node:child_process'
    fork(${JSON.stringify(built('backend/process-worker.js'))}, ['no-load'])`
  const ended = await probed(t, { 'program.mjs': program }, root => [join(root, 'program.mjs')])
  t.strictSame(ended, { ...quiet, loads: ['PROBE child seen=1 real=1'] })
})

t.test('src/backend/onnx-session.ts: set in the process by whoever uses it on the main thread', async t => {
  const code = `await import(${JSON.stringify(built('backend/onnx-session.js'))})`
  const args = () => ['--input-type=module', '--eval', code]
  t.strictSame(await probed(t, {}, args), { ...quiet, loads: ['PROBE main seen=1 real=1'] })
})

t.test('the entry points, and whoever starts others, import the switch before anything else', async t => {
  const peers = ['backend/thread-peer.js', 'backend/process-peer.js', 'backend/onnx-session.js']
  for (const entry of ['main.js', 'backend/thread-worker.js', 'backend/process-worker.js', ...peers]) {
    const [first] = readFileSync(built(entry), 'utf8')
      .split('\n')
      .filter(line => line.startsWith('import'))
    t.match(first, /^import ["']\.{1,2}\/base\/no-telemetry\.js["']/, entry)
  }
})

t.test('outside of a thread the entry refuses to start', async t => {
  await t.rejects(import('../../src/backend/thread-worker.ts'), {
    message: /this module is the entry of a worker thread/
  })
})
