// `npm run test:system`: installs the outside tools, runs every test beside this file, and once more on Node 24 the tests of what Nodes
// differ in: memory that moves, threads and processes, streams, HTTP. The latter run meanwhile; what they say is printed at the end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFolder } from '../../scripts/source-files.ts'
import {
  actionlint,
  chromiumPath,
  debian,
  helm,
  installed,
  kubeconform,
  kubernetesSchemas,
  node24,
  python,
  pythons
} from './tools.ts'

const outside = [
  ...pythons.map(list => () => python(list)),
  () => debian('prometheus'),
  () => debian('nginx'),
  node24,
  actionlint,
  chromiumPath,
  () => installed('buildah', 'buildah'),
  () => installed('debootstrap', 'debootstrap'),
  () => installed('strace', 'strace'),
  () => installed('systemd-analyze', 'systemd'),
  helm,
  kubeconform,
  kubernetesSchemas
]
for (const install of outside) install()

const folder = dirname(fileURLToPath(import.meta.url))
const tests = readdirSync(folder).filter(file => file.endsWith('.test.js'))

const withNode = ['backend', 'e2e', 'http', 'tensor'].flatMap(name => {
  const inside = join(projectFolder, 'build', 'test', name)
  const files = readdirSync(inside, { recursive: true, encoding: 'utf8' })
  return files.filter(file => file.endsWith('.test.js')).map(file => join(inside, file))
})

/** Runs tap on `node`; settles with its status and, where it is not printed at once, with what it said. */
async function tap(node: string, args: readonly string[], isPrinted: boolean) {
  const script = join(projectFolder, 'node_modules', '.bin', 'tap')
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` }
  const child = spawn(node, [script, '--disable-coverage', '--reporter=tap', ...args], {
    cwd: projectFolder,
    stdio: ['ignore', isPrinted ? 'inherit' : 'pipe', 'inherit'],
    env
  })
  const said: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk))
  const [status] = (await once(child, 'close')) as [number | null]
  return { isGood: status === 0, said: Buffer.concat(said) }
}

// Most of them wait for programs that wait: two at once keep two processors busy.
const system = ['--jobs=2', '--timeout=600', '--exclude=none', ...tests.map(file => join(folder, file))]
const [here, onNode24] = await Promise.all([
  tap(process.execPath, system, true),
  tap(node24(), ['--jobs=1', ...withNode], false)
])
process.stdout.write(onNode24.said)
process.exitCode = here.isGood && onNode24.isGood ? 0 : 1
