// examples/drift against a server that evaluates five times a second: every shift is seen, nothing is seen before it, and both end in the
// status.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
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

t.test('a shift raises the alarm that it should, and nothing else does', async t => {
  const models = join(projectFolder, 'models')
  const server = kedge(t, [
    'serve',
    '--models',
    models,
    '--port',
    '0',
    '--state-dir',
    repository(t, {}),
    '--drift-sub-window-ms',
    '200'
  ])
  const url = await server.ready
  const short = ['--url', url, '--rows-per-second', '500', '--clean', '10']
  const shifts = { island: 'island', scale: 'body_mass_g', sex: 'sex' }
  for (const [shift, alarmed] of Object.entries(shifts)) {
    const { status, output } = await replay(...short, '--shift', shift, '--shifted', '25')
    t.equal(status, 0, `${shift}: ${output}`)
    t.match(output, new RegExp(`(warning|critical)  ${alarmed}: [A-Z].*\\.$`, 'm'), shift)
    t.match(output, new RegExp(`^${alarmed} +[·▁▃▅█]+│[·▁▃▅█]+$`, 'm'), 'a line of marks')
    t.match(output, 'before the shift: no alarm')
    t.notMatch(output, '\u001b', 'no colours where nobody looks')
    const [, report = ''] = /^report: (\S+)$/m.exec(output) ?? []
    const page = await fetch(report)
    t.match(page.headers.get('content-type'), 'text/html', report)
    await page.body?.cancel()
  }
  // One evaluation is not enough for an alarm.
  const tooShort = await replay(...short, '--shifted', '1')
  t.equal(tooShort.status, 1)
  t.match(tooShort.output, 'after it: no alarm')
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
