// Runs the files of an image as a container runtime does: its entrypoint as process 1, with its environment and its user, on a root that
// cannot be written, with the models mounted to be read and a volume for the state. Needs mount, unshare and chroot; no container engine.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { freePort } from '../helpers/free-port.ts'
import { childrenOf } from '../helpers/process.ts'
import { buildah } from './image.ts'
import { asRoot, rootPrefix } from './tools.ts'

/** The part of an image's configuration that says how it is run. */
export interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly Labels: Readonly<Record<string, string>>
  readonly StopSignal: string
  readonly ExposedPorts: Readonly<Record<string, unknown>>
  readonly Healthcheck: { readonly Test: readonly string[] }
}

// The volume is a copy of the image's folder with its owner and mode, as Docker makes new ones. Nothing but it is writable.
const script = `set -e
root=$1 models=$2 volume=$3 user=$4; shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --bind "$models" "$root/models"
mount -o remount,bind,ro "$root/models"
mount --bind "$volume" "$root/var/lib/kedge"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot --userspec="$user" --groups= "$root" "$@"`

export interface Container {
  /** Everything said so far. */
  output(): string
  readonly address: string
  /** Settles once the first scan has. */
  readonly ready: Promise<void>
  /** The status of the image's health check, run beside the server. */
  health(): Promise<number | null>
  /** Runs a program of the image beside the server, as the same user. */
  run(...command: readonly string[]): Promise<{ status: number | null; output: string }>
  /** SIGTERM to process 1; settles with its status. */
  stop(): Promise<number | null>
}

/** The image's files where they can be looked at; gone with the test. */
export function mountImage(t: Pick<Test, 'teardown'>, image: string): string {
  const container = buildah('from', '--pull-never', image)
  t.teardown(() => void buildah('rm', container))
  return buildah('mount', container)
}

/** Runs the image with its own command as `user`, which is `UID:GID`. */
export async function runContainer(t: Test, root: string, config: ImageConfig, user = config.User) {
  const volume = join(repository(t, {}), 'volume')
  asRoot('cp', '-a', join(root, 'var/lib/kedge'), volume)
  t.teardown(() => void asRoot('rm', '-rf', volume))
  const port = await freePort()
  const env = [...config.Env, `KEDGE_PORT=${port}`]
  const start = (...command: readonly string[]): ChildProcess => {
    const inside = ['sh', '-c', script, 'sh', root, join(projectFolder, 'models'), volume, user, ...command]
    const isolated = ['unshare', '--mount', '--pid', '--fork', '--kill-child', ...inside]
    const [program = '', ...args] = [...rootPrefix, 'env', '-i', ...env, ...isolated]
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  }
  const child = start(...config.Entrypoint, ...config.Cmd)
  const exited = once(child, 'close').then(([status]) => status as number | null)
  let text = ''
  const ready = new Promise<void>((resolve, reject) => {
    const collect = (chunk: Buffer): void => {
      text += chunk.toString()
      if (text.includes('first scan settled')) resolve()
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('close', () => reject(new Error(`the container ended:\n${text}`)))
  })
  ready.catch(() => {})
  const signal = (name: string): void => void asRoot('kill', `-${name}`, String(firstBelow(child.pid!)))
  t.teardown(async () => {
    if (child.exitCode !== null) return
    signal('KILL')
    await exited
  })
  const runBeside = async (...command: readonly string[]) => {
    const beside = start(...command)
    let output = ''
    for (const stream of [beside.stdout, beside.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk))
    const [status] = (await once(beside, 'close')) as [number | null]
    return { status, output }
  }
  const container: Container = {
    output: () => text,
    address: `http://127.0.0.1:${port}`,
    ready,
    health: async () => (await runBeside(...config.Healthcheck.Test.slice(1))).status,
    run: runBeside,
    stop: () => {
      signal('TERM')
      return exited
    }
  }
  return container
}

/** The image's own program, below those that start it. */
function firstBelow(pid: number): number {
  const [child] = childrenOf(pid)
  if (isFirst(pid) || child === undefined) return pid
  return firstBelow(child)
}

/** Whether a process is the first in a namespace of its own. */
function isFirst(pid: number): boolean {
  return /^NSpid:.*\t\d+\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}
