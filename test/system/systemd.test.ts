// The unit for systemd: it is valid, shut in as far as it says, ends in time, and what it forbids is nothing that Kedge does. systemd itself
// does not run here; strace tells what the server asks of the kernel.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { loadSettings } from '../../src/config/load.ts'
import { settingLeaves } from '../../src/config/schema.ts'
import { repository } from '../helpers/app.ts'
import { plus } from '../helpers/models.ts'
import { childrenOf } from '../helpers/process.ts'
import { installed, run } from './tools.ts'

/** Ten times the exposure that `systemd-analyze security` may find: 10 of 10 is a unit that says nothing. */
const exposureMax = 15

const folder = join(projectFolder, 'deploy', 'systemd')
const unit = readFileSync(join(folder, 'kedge.service'), 'utf8')
const analyze = installed('systemd-analyze', 'systemd')
const strace = installed('strace', 'strace')

/** All values of one directive. */
const directive = (name: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!)

/** The unit in a folder of the test's own, with a Node that is on this machine. */
function unitFile(t: Test, text = unit): string {
  const path = join(t.testdir({}), 'kedge.service')
  writeFileSync(path, text.replace('/usr/bin/node', process.execPath))
  return path
}

/** System calls of systemd's sets, and of sets in them. */
const sets = new Map<string, readonly string[]>()
for (const text of run(analyze, ['--no-pager', 'syscall-filter']).split(/^(?=@)/m)) {
  const [name = '', ...lines] = text.split('\n')
  const words = lines.map(line => line.trim()).filter(line => /^[@a-z_0-9-]+$/.test(line))
  sets.set(name.trim(), words)
}
const callsIn = (set: string): readonly string[] =>
  (sets.get(set) ?? [set]).flatMap(name => (name.startsWith('@') ? callsIn(name) : [name]))

function allowedCalls(): ReadonlySet<string> {
  const allowed = new Set<string>()
  for (const line of directive('SystemCallFilter')) {
    const names = line.replace(/^~/, '').split(' ').flatMap(callsIn)
    for (const name of names) line.startsWith('~') ? allowed.delete(name) : allowed.add(name)
  }
  return allowed
}

t.test('systemd takes the unit, and finds that it is shut in', async t => {
  t.equal(run(analyze, ['verify', unitFile(t)]), '')
  const security = (file: string): string =>
    run(analyze, ['security', '--offline=true', '--no-pager', `--threshold=${exposureMax}`, file])
  t.match(security(unitFile(t)), /Overall exposure level for kedge\.service: 1\.\d/)
  t.throws(() => security(unitFile(t, unit.replace('CapabilityBoundingSet=\n', ''))), /exposure level/)
  t.match(run(analyze, ['verify', unitFile(t, unit.replace('Type=exec', 'Type=exe'))]), /exe/, 'it looks')
})

t.test(
  'it starts what the guide installs, with settings that Kedge has, and ends after Kedge has',
  async t => {
    const [command = ''] = directive('ExecStart')
    const [, program, args = ''] = /^\/usr\/bin\/node \/opt\/kedge\/node_modules\/kedge\/(\S+) (.+)$/.exec(
      command
    )!
    const { bin, files } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
      bin: { kedge: string }
      files: string[]
    }
    t.equal(program, bin.kedge)
    t.ok(files.includes('bin/'))
    t.equal(args, 'serve --config /etc/kedge/kedge.yaml')
    const variables = directive('Environment').flatMap(line => line.split(' ').map(each => each.split('=')))
    const env = Object.fromEntries(variables) as Record<string, string>
    for (const name of Object.keys(env).filter(name => name.startsWith('KEDGE_')))
      t.ok(
        settingLeaves.some(leaf => leaf.env === name),
        name
      )
    const settings = loadSettings({ flags: {}, env, file: join(folder, 'kedge.yaml') })
    t.equal(settings.stateDir, `/var/lib/${directive('StateDirectory')[0]}`)
    t.strictSame(settings.models, directive('RequiresMountsFor'))
    t.ok(Number(directive('TimeoutStopSec')[0]) * 1000 > settings.shutdown.deadlineMs + 10_000)
  }
)

/** Asks until the server answers that it is ready. */
async function ready(address: string, process: ChildProcess): Promise<void> {
  while (process.exitCode === null) {
    const answer = await fetch(`${address}/v2/health/ready`).catch(() => undefined)
    if (answer?.ok === true) return
    await sleep(100)
  }
  throw new Error('strace or Kedge ended')
}

t.test(
  'no call of the server is forbidden, with models on the HTTP thread, on another and in a process',
  async t => {
    const root = repository(t, {
      'models/a/1/model.onnx': plus(1),
      'models/b/1/model.onnx': plus(2),
      'models/b/model.yaml': 'instances: { placement: thread }',
      'models/c/1/model.onnx': plus(3),
      'models/c/model.yaml': 'instances: { placement: process, threads: 2 }'
    })
    const trace = join(root, 'trace')
    const port = 18_080 + Math.floor(Math.random() * 1000)
    const address = `http://127.0.0.1:${port}`
    const options = ['--models', join(root, 'models'), '--state-dir', join(root, 'state')]
    const serve = [join(projectFolder, 'bin/kedge.js'), 'serve', '--host', '0.0.0.0', '--port', String(port)]
    const args = ['-f', '-qq', '-o', trace, process.execPath, ...serve, ...options]
    const traced = spawn(strace, args, { stdio: 'ignore' })
    t.teardown(() => void traced.kill('SIGKILL'))
    await ready(address, traced)
    for (const model of ['a', 'b', 'c']) {
      const body = '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}'
      const answer = await fetch(`${address}/v2/models/${model}/infer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body
      })
      t.equal(answer.status, 200, await answer.text())
    }
    const [server] = childrenOf(traced.pid!)
    process.kill(server!, 'SIGTERM')
    await once(traced, 'exit')

    const text = readFileSync(trace, 'utf8')
    const calls = new Set([...text.matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(([, name]) => name!))
    t.ok(calls.size > 40 && calls.has('inotify_add_watch') && calls.has('accept4'), 'they were found')
    const allowed = allowedCalls()
    t.ok(allowed.size > 200 && !allowed.has('mount') && !allowed.has('setuid'))
    t.strictSame(
      [...calls].filter(name => !allowed.has(name)),
      []
    )
    const families = new Set([...text.matchAll(/socket(?:pair)?\((AF_[A-Z0-9]+)/g)].map(([, name]) => name!))
    const [restricted = ''] = directive('RestrictAddressFamilies')
    t.strictSame(
      [...families].filter(name => !restricted.split(' ').includes(name)),
      []
    )
    t.ok(families.has('AF_NETLINK') && families.has('AF_UNIX'), 'what looks superfluous is needed')
  }
)
