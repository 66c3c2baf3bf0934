import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type KedgeProcess, kedge } from '../helpers/process.ts'
import { AuditLog } from '../helpers/releases/audit-log.ts'
import { broken, good } from '../helpers/releases/content.ts'
import { ModelFolder } from '../helpers/releases/model-folder.ts'
import { predict } from '../helpers/releases/prediction.ts'
import { indexOf, shows } from '../helpers/releases/repository-index.ts'

/** Only a server that hangs needs it. */
const patience = (): AbortSignal => AbortSignal.timeout(30_000)

interface Place {
  readonly state: string
  model(name: string): ModelFolder
  serve(stableMs: number): KedgeProcess
}

function place(t: Test): Place {
  const root = t.testdir({ models: {} })
  const [models, state] = [join(root, 'models'), join(root, 'state')]
  const args = ['serve', '--models', models, '--port', '0', '--state-dir', state]
  return {
    state,
    model(name) {
      mkdirSync(join(models, name), { recursive: true })
      return new ModelFolder(models, name)
    },
    serve: stableMs =>
      kedge(t, [...args, '--repository-poll-ms', '100', '--repository-stable-ms', String(stableMs)])
  }
}

async function killed(server: KedgeProcess): Promise<void> {
  server.child.kill('SIGKILL')
  await server.exited
}

t.test(
  'killed and started again with newest versions that are broken in every way: those before serve',
  async t => {
    const { model, serve, state } = place(t)
    const kinds = broken(2).map((kind, index) => ({ ...kind, name: `m${index}`, folder: model(`m${index}`) }))
    for (const { folder } of kinds) {
      await folder.copyIn(1, good(1).files)
      await folder.copyIn(2, good(2).files)
    }
    const first = serve(0)
    const address = await first.ready
    for (const { name } of kinds) t.same(await predict(address, name), { version: 2, adds: 2 }, name)
    // The version that serves from memory is spoilt on disk, and a new one comes that is no better.
    for (const { folder, files } of kinds) {
      await folder.write(2, files)
      await folder.copyIn(3, files)
    }
    await killed(first)
    const second = serve(0)
    const again = await second.ready
    for (const { name, kind, reason } of kinds) {
      t.same(await predict(again, name), { version: 1, adds: 1 }, kind)
      const rows = (await indexOf(again)).filter(row => row.name === name)
      t.same(
        rows.map(({ version, state }) => `${version} ${state}`),
        ['3 UNAVAILABLE', '2 UNAVAILABLE', '1 READY'],
        kind
      )
      for (const row of rows.filter(row => row.state === 'UNAVAILABLE')) t.match(row.reason, reason, kind)
      const history = await fetch(`${again}/v2/models/${name}/history`)
      const { events } = (await history.json()) as { events: { event: string; version: number }[] }
      const newest = events.slice(0, 3).map(({ event, version }) => `${version} ${event}`)
      t.same(newest, ['1 ready', '2 failed', '3 failed'], `${kind}: what this server saw`)
      const before = events.slice(3).some(({ event, version }) => event === 'ready' && version === 2)
      t.ok(before, `${kind}: and what the one before it saw`)
    }
    second.child.kill('SIGTERM')
    t.same(await second.exited, { code: 0, signal: null })
    const audit = new AuditLog(state)
    await audit.read()
    t.same([audit.torn, audit.unfinished], [[], ''])
  }
)

t.test(
  'started while a version grows: the one before serves, and the new one only once it is whole',
  async t => {
    const { model, serve, state } = place(t)
    const folder = model('m')
    await folder.copyIn(1, good(1).files)
    await folder.age(1)
    const hurry = new AbortController()
    // Pauses far below the window: a machine that stalls does not end them early.
    const growing = folder.write(2, good(2).files, { pieceBytes: 1, pauseMs: 50, hurry: hurry.signal })
    const server = serve(1000)
    // It is ready only when nothing is on its way any more.
    const address = await server.listening
    await shows(address, { model: 'm', version: 1, state: 'READY' }, patience())
    const answers: string[] = []
    while (answers.length < 20) answers.push(JSON.stringify(await predict(address, 'm')))
    hurry.abort()
    await growing
    t.same(
      [...new Set(answers)],
      [JSON.stringify({ version: 1, adds: 1 })],
      'only the version that was whole'
    )
    await shows(address, { model: 'm', version: 2, state: 'READY' }, patience())
    t.same(await predict(address, 'm'), { version: 2, adds: 2 })
    const audit = new AuditLog(state)
    await audit.read()
    t.same(
      audit.lines.filter(({ event }) => event === 'failed'),
      [],
      'nobody tried it before'
    )
  }
)

t.test(
  'started with a copy that was given up: it fails with a reason, and serves when it is completed',
  async t => {
    const { model, serve } = place(t)
    const folder = model('m')
    const { files } = good(2)
    await folder.copyIn(1, good(1).files)
    await folder.write(2, { ...files, 'weights.bin': files['weights.bin']!.slice(0, 4) })
    await folder.write(`.coming-3`, good(3).files)
    const server = serve(0)
    const address = await server.ready
    t.same(await predict(address, 'm'), { version: 1, adds: 1 })
    await shows(
      address,
      { model: 'm', version: 2, state: 'UNAVAILABLE', reason: /file_length: 4/ },
      patience()
    )
    await folder.write(2, files)
    await shows(address, { model: 'm', version: 2, state: 'READY' }, patience())
    t.same(await predict(address, 'm'), { version: 2, adds: 2 })
    t.same(
      (await indexOf(address)).map(({ version }) => version),
      ['2', '1'],
      'what is hidden is not there'
    )
  }
)

t.test('folders that are no versions are warnings, when the server starts and later', async t => {
  const { model, serve } = place(t)
  const folder = model('m')
  const { files } = good(1)
  const names = ['01', '-1', 'v2', '2.5']
  for (const name of ['1', ...names]) await folder.write(name, files)
  const server = serve(0)
  const address = await server.ready
  const problems = async (): Promise<number> => {
    const text = await (await fetch(`${address}/metrics`)).text()
    return Number(/^kedge_repository_problems (\d+)$/m.exec(text)?.[1])
  }
  for (const name of names) t.match(server.output(), `m/${name}\\" is ignored: versions are whole numbers`)
  t.equal(await problems(), names.length)
  t.same(await indexOf(address), [{ name: 'm', version: '1', state: 'READY' }])
  await folder.write('v3', files)
  await server.says(/m\/v3\\" is ignored/)
  for (const name of [...names, 'v3']) await folder.remove(name)
  while ((await problems()) > 0) t.same(await predict(address, 'm'), { version: 1, adds: 1 })
})
