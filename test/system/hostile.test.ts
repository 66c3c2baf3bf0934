// Five thousand requests that nobody should send, over bare sockets, at two servers with the shipped models and limits: one open, one that
// wants keys. Each attack is drawn from a seed, which is printed: HOSTILE_SEED repeats them all.
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { Keys } from '../helpers/hostile/keys.ts'
import { besiege, lowest } from '../helpers/hostile/siege.ts'
import { kedge } from '../helpers/process.ts'

const seed = Number(process.env['HOSTILE_SEED'] ?? randomInt(1, 2 ** 31))
const warmUpCount = 500
const openCount = 2000
const guardedCount = 2000
/** What is not collected yet, and bodies in progress: a short run may have no better moment. */
const growthMaxBytes = 100 * 2 ** 20
/** 512 MiB of bodies may be in progress at once, by the shipped limit, and the allocator keeps what it had of them. */
const rssMaxBytes = 1200 * 2 ** 20

const inMiB = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

function serve(t: Test, flags: readonly string[]) {
  const state = join(repository(t, {}), 'state')
  const models = join(projectFolder, 'models')
  return kedge(t, [
    'serve',
    '--models',
    models,
    '--port',
    '0',
    '--state-dir',
    state,
    '--default-model',
    'iris',
    ...flags
  ])
}

async function withstands(t: Test, count: number, flags: readonly string[], keys?: Keys): Promise<void> {
  t.comment(`HOSTILE_SEED=${seed}`)
  const server = serve(t, flags)
  const siege = await besiege({ server, seed, warmUpCount, count, ...(keys && { keys }) })
  const { campaign, seen } = siege
  if (process.env['HOSTILE_TALLY'])
    for (const [kind, statuses] of campaign.tally)
      t.comment(`${kind}: ${[...statuses].map(([status, n]) => `${status}×${n}`).join(' ')}`)
  t.strictSame(campaign.faults, [], `${campaign.sent} attacks, and every answer is one that they may get`)
  t.strictSame(
    seen.troubles,
    [],
    `${seen.healthy} looks at its health and ${seen.predicted} predictions meanwhile`
  )
  t.ok(seen.healthy > 0 && seen.predicted > 0)
  t.strictSame(siege.alarms, [], 'nothing in the log would wake anybody')
  t.notOk(siege.isTold, 'nor does it hold a key')
  t.strictSame(siege.left, [], 'nothing is in progress any more')
  t.equal(siege.socketsLeft, 0, 'and no connection is open')
  const held = siege.memory.map(({ heldBytes }) => heldBytes)
  const [before, after] = [lowest(held, 'first'), lowest(held, 'last')]
  t.ok(after - before <= growthMaxBytes, `it held ${inMiB(before)}, and holds ${inMiB(after)}`)
  const rssBytes = Math.max(...siege.memory.map(sample => sample.rssBytes))
  t.ok(rssBytes <= rssMaxBytes, `RSS was never above ${inMiB(rssBytes)}`)
  server.child.kill('SIGTERM')
  t.strictSame(await server.exited, { code: 0, signal: null })
}

t.test('a server that is open to all', t => withstands(t, openCount, []))

t.test('a server that wants keys', async t => {
  const keys = await Keys.make(repository(t, {}))
  await withstands(t, guardedCount, ['--require-auth', '--repository-control-api', ...keys.flags], keys)
})
