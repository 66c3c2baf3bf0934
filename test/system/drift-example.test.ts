// examples/drift against a server that evaluates three times a second: every shift is seen, nothing is seen before it, and both end in the
// status.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { kedge } from '../helpers/process.ts'

const folder = join(projectFolder, 'examples', 'drift')

async function replay(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(folder, 'replay.mjs'), ...args])
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const [status] = (await once(child, 'close')) as [number]
  return { status, output }
}

/** Windows of a three-hundredth of their length come three hundred times as often, and may alarm as much more often. */
const quick = ['--drift-sub-window-ms', '200', '--drift-false-alarms-per-week', '150']

/** Its own server: what an earlier shift left in longer windows would decide where a busy machine brings too few rows for the shortest. */
async function replayOnNew(t: Test, ...args: readonly string[]) {
  const models = ['--models', join(projectFolder, 'models')]
  const state = ['--state-dir', repository(t, {})]
  const server = kedge(t, ['serve', ...models, ...state, '--port', '0', ...quick])
  const url = await server.ready
  return replay('--url', url, '--rows-per-second', '500', '--clean', '5', ...args)
}

for (const [shift, alarmed] of Object.entries({ island: 'island', scale: 'body_mass_g', sex: 'sex' }))
  t.test(`the shift ${shift} raises the alarm that it should, and nothing else does`, async t => {
    const { status, output } = await replayOnNew(t, '--shift', shift, '--shifted', '15')
    t.equal(status, 0, output)
    t.match(output, new RegExp(`(warning|critical)  ${alarmed}: [A-Z].*\\.$`, 'm'))
    t.match(output, new RegExp(`^${alarmed} +[·▁▃▅█]+│[·▁▃▅█]+$`, 'm'), 'a line of marks')
    t.match(output, 'before the shift: no alarm')
    t.notMatch(output, '\u001b', 'no colours where nobody looks')
    t.match(output, /^report: http:\S+\/v2\/models\/penguins\/drift\/report$/m)
  })

t.test('one evaluation is not enough for an alarm', async t => {
  const { status, output } = await replayOnNew(t, '--shifted', '1')
  t.equal(status, 1)
  t.match(output, 'after it: no alarm')
})

t.test('what cannot be done is told', async t => {
  const cases: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
    [['--shift', 'x'], 2, /--shift: expected one of island, scale, sex, got x/],
    [['--clean', '0'], 2, /--clean: expected a whole number from 1, got 0/],
    [['--url', 'here'], 2, /--url: expected a URL, got here/],
    [['--fast'], 2, /Unknown option '--fast'[\s\S]*usage: /],
    [['--url', 'http://127.0.0.1:9'], 1, /^http:\/\/127\.0\.0\.1:9\/v2\/models\/penguins\/drift: /],
    [['--help'], 0, /^usage: /]
  ]
  for (const [args, status, says] of cases) {
    const told = await replay(...args)
    t.equal(told.status, status, args.join(' '))
    t.match(told.output, says)
  }
})

t.test('its README names every shift, and calls what exists', async t => {
  const text = readFileSync(join(folder, 'README.md'), 'utf8')
  const { output } = await replay('--help')
  for (const shift of ['island', 'scale', 'sex']) t.match(text, `| \`${shift}\` |`)
  for (const [, flags = ''] of text.matchAll(/^node examples\/drift\/replay\.mjs(.*)$/gm))
    for (const flag of flags.match(/--[\w-]+/g) ?? []) t.match(output, `${flag} `)
})
