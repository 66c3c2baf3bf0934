// Builds the image without a Docker engine: Debian's buildah, and base images of a debootstrap root and the Node of an npm package.
// The base that it runs on holds Node and the C libraries and nothing else, as distroless ones do: no shell, no user's name.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'
import { asRoot, cached, installed, node24, rootPrefix, run } from './tools.ts'

export type Architecture = 'amd64' | 'arm64'

const nodeArch = { amd64: 'x64', arm64: 'arm64' } as const
export const ownArchitecture: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'

const certificates = '/etc/ssl/certs/ca-certificates.crt'
const searched = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Folders that container runtimes mount something over. */
const mountPoints = ['proc', 'dev', 'sys', 'tmp', 'etc', 'var/lib', 'usr/local/bin']

/** The name that the Dockerfile asks for by itself. */
const buildBase = 'docker.io/library/node:24-bookworm-slim'
export const runtimeBase = (arch: Architecture): string => `localhost/node-only:${arch}`

let driver: 'overlay' | 'vfs' | undefined

/** Runs buildah on a storage of its own in .cache/; returns its output, which is what was made where it was told to be quiet. */
export function buildah(...args: readonly string[]): string {
  const command = [...rootPrefix, installed('buildah', 'buildah'), ...storage(), ...args]
  const options = { encoding: 'utf8', maxBuffer: 64 * 2 ** 20, stdio: 'pipe' } as const
  return execFileSync(command[0]!, command.slice(1), options).trimEnd()
}

/** Layers that share their files where that works; copies of everything do everywhere, and take longer. */
function storage(): readonly string[] {
  const of = (name: string): string[] => {
    const folder = join(projectFolder, '.cache', `buildah-${name}`)
    return ['--storage-driver', name, '--root', folder, '--runroot', join(folder, 'run')]
  }
  if (driver === undefined) {
    try {
      asRoot(installed('buildah', 'buildah'), ...of('overlay'), 'info')
      driver = 'overlay'
    } catch {
      driver = 'vfs'
    }
  }
  return of(driver)
}

/** A Debian as small as it comes, with Node and npm, and this machine's registry and certificates as a company's base image has them. */
function debianWithNode(): string {
  return cached('image-debian', folder => {
    asRoot(installed('debootstrap', 'debootstrap'), '--variant=minbase', 'bookworm', folder)
    // Whoever runs the tests adds files.
    const changed = ['usr/local', 'usr/local/bin', 'usr/local/etc', 'etc/ssl/certs'].map(name =>
      join(folder, name)
    )
    asRoot('mkdir', '-p', ...changed)
    asRoot('chmod', 'a+w', ...changed)
    const local = join(folder, 'usr/local')
    cpSync(node24(), join(local, 'bin/node'))
    run('npm', ['install', '--silent', '--global', '--prefix', local, 'npm@11'])
    const settings = [`registry=${run('npm', ['config', 'get', 'registry']).trim()}`]
    if (existsSync(certificates)) {
      cpSync(certificates, join(folder, certificates))
      settings.push(`cafile=${certificates}`)
    }
    writeFileSync(join(local, 'etc/npmrc'), settings.join('\n'))
  })
}

/** Node and the libraries that it and the runtime load. Another processor's Node has none: its image is looked at, not run. */
function nodeOnly(arch: Architecture): string {
  return cached(`image-node-only-${arch}`, folder => {
    for (const name of mountPoints) mkdirSync(join(folder, name), { recursive: true })
    cpSync(node24(nodeArch[arch]), join(folder, 'usr/local/bin/node'))
    if (arch !== ownArchitecture) return
    const debian = debianWithNode()
    const runtime = `onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime.so.1`
    const needed = [node24(), join(projectFolder, 'node_modules', runtime)]
      .map(file => run('ldd', [file]))
      .join('')
    for (const [, library] of needed.matchAll(/(\/lib\S+) \(/g)) {
      if (library === undefined) continue
      mkdirSync(join(folder, dirname(library)), { recursive: true })
      cpSync(join(debian, library), join(folder, library), { dereference: true })
    }
  })
}

function importBase(folder: string, name: string, arch: Architecture): void {
  if (buildah('images', '--format', '{{.Name}}:{{.Tag}}').split('\n').includes(name)) return
  const container = buildah('from', 'scratch')
  buildah('copy', '--quiet', container, folder, '/')
  // Images of arm64 are searched by their variant as well.
  const variant = arch === 'arm64' ? ['--variant', 'v8'] : []
  buildah('config', '--env', `PATH=${searched}`, '--arch', arch, ...variant, container)
  buildah('commit', '--quiet', '--rm', container, name)
}

/** Builds the image for a processor and returns its name. Of earlier builds only the names' images stay. */
export function buildImage(arch: Architecture): string {
  importBase(debianWithNode(), buildBase, ownArchitecture)
  importBase(nodeOnly(arch), runtimeBase(arch), arch)
  const name = `localhost/kedge:${arch}`
  const args = {
    RUNTIME_IMAGE: runtimeBase(arch),
    VERSION: '1.2.3',
    REVISION: 'abcdef',
    // Docker sets it by itself.
    BUILDPLATFORM: `linux/${ownArchitecture}`
  }
  const given = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`])
  const how = ['--isolation', 'chroot', '--network', 'host', '--pull-never', '--format', 'docker']
  // Where layers are copies, making them takes longer than doing the steps again.
  const isLayered = storage().includes('overlay')
  const layers = `--layers=${isLayered}`
  const common = ['bud', layers, ...how, '--platform', `linux/${arch}`, ...given]
  buildah(...common, '-t', name, projectFolder)
  // Where layers are kept, a name keeps those of the first stage: the next build need not install packages again.
  if (isLayered) buildah(...common, '--target', 'build', '-t', 'localhost/kedge-build', projectFolder)
  buildah('rmi', '--prune', '--force')
  return name
}
