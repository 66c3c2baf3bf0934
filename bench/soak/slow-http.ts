// Debian's slowhttptest: a thousand callers that send their heads, then their bodies, in drops, that ask for many ranges of a file, or that read in
// drops. Those who send are cut off in time, the server stays reachable and does not grow, and who does nothing wrong notices nothing.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { projectFolder } from '../../scripts/source-files.ts'
import { Bystanders, type Seen } from '../../test/helpers/hostile/bystanders.ts'
import { socketsOf } from '../../test/helpers/hostile/siege.ts'
import { installed, runBeside } from '../../test/system/tools.ts'
import { rssBytes, type Scope } from '../harness.ts'
import { atMost, type Judged } from './budget.ts'

const connections = 1000
const perSecond = 200
/** A drop for each connection so often. */
const dropSeconds = 5
const growthBudgetMb = 150
const settleMs = 3000

interface Mode {
  readonly name: string
  readonly path: string
  readonly args: readonly string[]
  /** The longest that the server lets such a caller stay, by its shipped limits; undefined where it does not say. */
  readonly patienceSeconds?: number
}

const infer = '/v2/models/iris/infer'

const modes: readonly Mode[] = [
  { name: 'slow heads', path: infer, args: ['-H'], patienceSeconds: 15 },
  {
    name: 'slow bodies',
    path: infer,
    args: ['-B', '-f', 'application/json', '-s', '100000'],
    patienceSeconds: 60
  },
  { name: 'ranges', path: '/docs/static/swagger-ui-bundle.js', args: ['-R', '-a', '5', '-b', '2000'] },
  {
    name: 'slow reading',
    path: '/openapi.json',
    args: ['-X', '-k', '3', '-w', '10', '-y', '20', '-n', '5', '-z', '32']
  }
]

/** The case with so many seconds for each way at most. */
export async function slowHttp(scope: Scope, seconds: number): Promise<readonly Judged[]> {
  const program = installed('slowhttptest', 'slowhttptest')
  const server = scope.serve(join(projectFolder, 'models'))
  const address = await server.ready
  const pid = server.child.pid!
  const figures: Judged[] = []
  const socketsBefore = socketsOf(pid)
  for (const mode of modes) {
    const bystanders = await Bystanders.begin(address)
    const before = rssBytes(pid)
    let most = before
    const watch = setInterval(() => {
      most = Math.max(most, rssBytes(pid))
    }, 500)
    const load = [
      '-c',
      String(connections),
      '-r',
      String(perSecond),
      '-i',
      String(dropSeconds),
      '-l',
      String(seconds),
      '-p',
      '5'
    ]
    const said = await runBeside(program, [...mode.args, ...load, '-u', address + mode.path])
    clearInterval(watch)
    await wait(settleMs)
    await bystanders.end()
    const seen = bystanders.seen()
    figures.push(...figuresOf(mode, stripVTControlCharacters(said), { seen, grownMb: (most - before) / 1e6 }))
  }
  // Bystanders keep theirs for a while.
  figures.push({
    what: 'connections open at the end, more than at the start',
    value: socketsOf(pid) - socketsBefore,
    unit: 'connections'
  })
  server.child.kill('SIGTERM')
  const { code } = await server.exited
  const errors = server
    .output()
    .split('\n')
    .filter(line => /"level":[56]0/.test(line))
  for (const line of errors.slice(0, 20)) process.stdout.write(`  ${line}\n`)
  figures.push(
    atMost('errors in the log', errors.length, 'lines', 0),
    atMost('status of its end', code ?? 1, '', 0)
  )
  return figures
}

function figuresOf(
  { name, patienceSeconds }: Mode,
  said: string,
  { seen, grownMb }: { readonly seen: Seen; readonly grownMb: number }
): Judged[] {
  for (const trouble of seen.troubles.slice(0, 20)) process.stdout.write(`  ${name}: ${trouble}\n`)
  const numbers = (field: string): number[] =>
    [...said.matchAll(new RegExp(`^${field}:\\s+(\\d+)`, 'gm'))].map(([, number]) => Number(number))
  const unavailable = [...said.matchAll(/^service available:\s+NO/gm)].length
  const [, ended = '0'] = /ended on (\d+)\w+ second/i.exec(said) ?? []
  const [, reason = ''] = /Exit status:\s*(.*)$/m.exec(said) ?? []
  const cutOff = `until none was left (${reason.trim()})`
  // The last of them comes so long after the first; the tool looks once in a while.
  const allowed =
    patienceSeconds === undefined ? undefined : patienceSeconds + connections / perSecond + 2 * dropSeconds
  return [
    {
      what: `${name}: connections at once, at most`,
      value: Math.max(0, ...numbers('connected')),
      unit: `of ${connections}`
    },
    { what: `${name}: closed by the server`, value: numbers('closed').at(-1) ?? 0, unit: 'connections' },
    allowed === undefined
      ? { what: `${name}: duration (${reason.trim()})`, value: Number(ended), unit: 's' }
      : atMost(`${name}: ${cutOff}`, Number(ended), 's', allowed),
    atMost(`${name}: times that the tool found it unreachable`, unavailable, 'times', 0),
    atMost(
      `${name}: looks at the health routes and predictions that went wrong, of ${seen.healthy + seen.predicted + seen.troubles.length}`,
      seen.troubles.length,
      'times',
      0
    ),
    { what: `${name}: longest look at the health route`, value: seen.slowestHealthMs, unit: 'ms' },
    atMost(`${name}: growth of RSS at most`, grownMb, 'MB', growthBudgetMb)
  ]
}
