import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openStateDirectory, type StateDirectory } from '../../src/config/state-directory.ts'
import { auditFile, auditTrail } from '../../src/lifecycle/audit.ts'
import { history } from '../../src/lifecycle/history.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { lifecycleEvent } from '../helpers/fakes.ts'

/** A state directory on disk, and one in memory because a file stands where its folder should be. */
async function stores(t: Test): Promise<StateDirectory[]> {
  const root = t.testdir({ 'in-the-way': 'a file' })
  const open = (name: string) => openStateDirectory(join(root, name))
  return [await open('state'), await open('in-the-way')]
}

function trailOf(store: StateDirectory, fileBytesMax = 2 ** 20) {
  const log = { warn: () => undefined }
  return auditTrail({ store, limits: { fileBytesMax, filesMax: 100 }, clock: new FakeClock(), log })
}

const versions = (rows: readonly { readonly version?: number | undefined }[]) =>
  rows.map(({ version }) => version)

t.test('the newest rows of one model, on disk through every file and in memory', async t => {
  for (const store of await stores(t)) {
    const { listener, flush } = trailOf(store, 1024)
    for (let version = 1; version <= 50; version++)
      listener(lifecycleEvent({ model: version % 2 === 0 ? 'even' : 'odd', version }))
    await flush()
    if (store.path !== undefined) t.ok(readdirSync(store.path).length > 2, 'the log has moved more than once')
    t.strictSame(versions(await history(store, 'even', { rowsMax: 3 })), [50, 48, 46])
    t.strictSame(versions(await history(store, 'odd', { rowsMax: 1 })), [49])
    const every = await history(store, 'even', { rowsMax: 1000 })
    t.strictSame(
      versions(every),
      Array.from({ length: 25 }, (_, index) => 50 - 2 * index)
    )
    t.match(every[0], { event: 'ready', model: 'even', cause: 'start', time: /^2026/ })
    t.strictSame(await history(store, 'nothing', { rowsMax: 10 }), [])
  }
})

t.test('reading stops with the last row that is wanted', async t => {
  const read: number[] = []
  const store = {
    *newestFirst(name: string) {
      t.equal(name, auditFile)
      for (let version = 9; version > 0; version--) {
        read.push(version)
        yield JSON.stringify({ time: 't', event: 'ready', model: 'm', version })
      }
    }
  }
  t.strictSame(versions(await history(store, 'm', { rowsMax: 2 })), [9, 8])
  t.strictSame(read, [9, 8])
})

t.test('after a restart, and after a crash in the middle of a line', async t => {
  const [before] = await stores(t)
  const first = trailOf(before!)
  first.listener(lifecycleEvent({ version: 1 }))
  await first.flush()
  appendFileSync(
    join(before!.path!, auditFile),
    '{"time":"2026-01-01T00:00:00.000Z","event":"ready","model":"m","ver'
  )
  const after = await openStateDirectory(before!.path!)
  t.strictSame(versions(await history(after, 'm', { rowsMax: 10 })), [1], 'what was cut short is passed over')
  const second = trailOf(after)
  second.listener(lifecycleEvent({ version: 2 }))
  await second.flush()
  t.strictSame(versions(await history(after, 'm', { rowsMax: 10 })), [2, 1], 'and spoils no other line')
})

t.test(
  'lines that are no rows are passed over, and so are those of others that only mention the model',
  async t => {
    const row = { time: 't', event: 'ready', model: 'm' }
    const lines = [
      JSON.stringify(row),
      'not JSON, "model":"m"',
      '"model":"m"',
      'null',
      '[{"model":"m"}]',
      JSON.stringify({ event: 'ready', model: 'm' }),
      JSON.stringify({ time: 't', model: 'm' }),
      JSON.stringify({ ...row, model: 'other', digests: { model: 'm' } }),
      JSON.stringify({ ...row, model: 'other', reason: '"model":"m"' }),
      JSON.stringify({ ...row, model: 'mm' }),
      ''
    ]
    t.strictSame(await history({ newestFirst: () => lines }, 'm', { rowsMax: 10 }), [row])
  }
)

t.test('a name that JSON has to escape is found', async t => {
  const row = { time: 't', event: 'load', model: 'a"b\\c\u0001ü' }
  const store = { newestFirst: () => [JSON.stringify(row)] }
  t.strictSame(await history(store, row.model, { rowsMax: 10 }), [row])
})
