// The image, built by Debian's buildah and run on a root that cannot be written.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { type ImageConfig, mountImage, runContainer } from './container.ts'
import { type Architecture, buildah, buildImage, ownArchitecture, runtimeBase } from './image.ts'

/** What Kedge may add to its base, unpacked and without models. */
const addedBytesMax = 120e6

const inputs = [{ name: 'measurements', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] }]

const inspect = (image: string, what: string): string =>
  buildah('inspect', '--type', 'image', '--format', `{{${what}}}`, image)
const layersOf = (image: string): { size: number }[] =>
  (JSON.parse(inspect(image, '.Manifest')) as { layers: { size: number }[] }).layers

/** Paths of the files below a folder. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

/** Numbers of processors in the headers of executables and libraries. */
const machines: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 }
const isElf = (bytes: Buffer): boolean => bytes.subarray(1, 4).toString() === 'ELF'

const own = buildImage(ownArchitecture)
const configuration = JSON.parse(inspect(own, '.Config')) as { architecture: string; config: ImageConfig }
const { config } = configuration
const root = mountImage(t, own)

async function predicts(t: Test, address: string): Promise<void> {
  const response = await fetch(`${address}/v2/models/iris/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs })
  })
  t.match(await response.json(), { model_name: 'iris', outputs: [{ name: 'label', data: [0] }, {}] })
}

t.test('says what it is and how it is run', async t => {
  t.equal(configuration.architecture, ownArchitecture)
  t.equal(config.User, '65532:65532')
  t.equal(config.StopSignal, 'SIGTERM')
  t.match(config.ExposedPorts, { '8080/tcp': {} })
  t.match(config.Labels, {
    'org.opencontainers.image.title': 'Kedge',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.version': '1.2.3',
    'org.opencontainers.image.revision': 'abcdef'
  })
  t.strictSame(config.Healthcheck.Test, ['CMD', 'node', '/app/docker/healthcheck.js'], 'no shell')
})

t.test('adds little to its base', async t => {
  const added = layersOf(own).slice(layersOf(runtimeBase(ownArchitecture)).length)
  const bytes = added.reduce((sum, { size }) => sum + size, 0)
  const sizes = added.map(({ size }) => (size / 1e6).toFixed(1)).filter(size => size !== '0.0')
  t.comment(`layers over the base: ${sizes.join(' + ')} = ${(bytes / 1e6).toFixed(1)} MB`)
  t.ok(bytes > 20e6, 'they were found')
  t.ok(bytes <= addedBytesMax, `${bytes} bytes, at most ${addedBytesMax} are allowed`)
})

t.test('holds only what serving needs', async t => {
  t.strictSame(readdirSync(join(root, 'app')).sort(), [
    'LICENSE',
    'bin',
    'build',
    'docker',
    'node_modules',
    'openapi',
    'package.json'
  ])
  t.strictSame(readdirSync(join(root, 'app/build')), ['src'], 'no tests')
  const lock = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>
  }
  for (const [path, { dev, optional }] of Object.entries(lock.packages)) {
    const isThere = existsSync(join(root, 'app', path))
    if (path === '' || optional === true) continue
    t.equal(isThere, dev !== true, path)
  }
  const files = filesBelow(join(root, 'app'))
  t.strictSame(
    files.filter(file => /(\.test\.[cm]?js|\/tests?\/.*|\.d\.ts|\.map)$/.test(file)),
    []
  )
  t.notOk(existsSync(join(root, 'root/.npm')), 'no cache')
  t.strictSame(readdirSync(join(root, 'models')), [])
})

/** The runtime's libraries are there for one processor, and no other platform's file of any package is. */
function fitsPlatform(t: Test, root: string, arch: Architecture): void {
  const runtime = join(root, 'app/node_modules/onnxruntime-node/bin')
  const nodeArch = arch === 'amd64' ? 'x64' : arch
  t.strictSame(
    filesBelow(runtime)
      .map(file => file.slice(runtime.length))
      .sort(),
    ['libonnxruntime.so.1', 'onnxruntime_binding.node'].map(name => `/napi-v6/linux/${nodeArch}/${name}`)
  )
  const native = filesBelow(join(root, 'app')).filter(file => /\.(node|so|dll|dylib|exe)(\.|$)/.test(file))
  for (const file of native) {
    const header = readFileSync(file).subarray(0, 20)
    t.ok(isElf(header) && header.readUInt16LE(18) === machines[arch], file)
  }
}

t.test("holds this platform's runtime library and no other", async t =>
  fitsPlatform(t, root, ownArchitecture)
)

t.test('is built for the other platform without running anything of it', async t => {
  const other = ownArchitecture === 'amd64' ? 'arm64' : 'amd64'
  const image = buildImage(other)
  t.equal((JSON.parse(inspect(image, '.Config')) as { architecture: string }).architecture, other)
  fitsPlatform(t, mountImage(t, image), other)
})

t.test(
  'its files can be read by anybody and changed by nobody but root; the state folder is for group 0',
  async t => {
    const entries = readdirSync(join(root, 'app'), { recursive: true, withFileTypes: true })
    const bad = entries.filter(entry => {
      if (entry.isSymbolicLink()) return false
      const { mode, uid } = statSync(join(entry.parentPath, entry.name))
      return uid !== 0 || (mode & 0o022) !== 0 || (mode & 0o004) === 0
    })
    t.strictSame(
      bad.map(entry => join(entry.parentPath, entry.name)),
      []
    )
    const state = statSync(join(root, 'var/lib/kedge'))
    t.strictSame([state.uid, state.gid, state.mode & 0o777], [65532, 0, 0o770])
    t.equal(statSync(join(root, 'var/lib')).uid, 0)
  }
)

/** A program that says who it is, and where it could write. */
const whatCanBeWritten = `
  const { writeFileSync } = require('node:fs')
  const written = ['/app/a', '/models/a', '/tmp/a', '/etc/a', '/a', '/var/lib/kedge/a'].filter(file => {
    try { writeFileSync(file, ''); return true } catch { return false }
  })
  console.log(JSON.stringify([process.getuid(), process.getgid(), process.getgroups(), written]))`

for (const [who, user] of [
  ['its own user', config.User],
  ['a user id that the platform has chosen, in group 0', '1000740000:0']
] as const)
  t.test(`runs on a read-only root without a shell, as ${who}`, async t => {
    t.notOk(existsSync(join(root, 'bin/sh')), 'the base has no shell')
    const container = await runContainer(t, root, config, user)
    await container.ready
    await t.test('serves and predicts', async t => predicts(t, container.address))
    await t.test('the health check says that it is well', async t => t.equal(await container.health(), 0))
    await t.test('can write its state and nothing else', async t => {
      const { output } = await container.run('node', '-e', whatCanBeWritten)
      const [uid, gid] = user.split(':').map(Number)
      t.strictSame(JSON.parse(output), [uid, gid, [gid], ['/var/lib/kedge/a']])
      t.notMatch(container.output(), /EACCES|EROFS|"level":(50|60|"error"|"fatal")/, 'and needs nothing else')
    })
    await t.test('ends in order', async t => t.equal(await container.stop(), 0))
    await t.test('the health check says that it is gone', async t => t.equal(await container.health(), 1))
  })
