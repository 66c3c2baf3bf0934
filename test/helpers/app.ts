// A whole Kedge in the test's own process: real settings, real models, requests without a socket unless a test wants one.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { type App, type AppOptions, createApp } from '../../src/app.ts'
import { loadSettings } from '../../src/config/load.ts'

export interface TestApp extends App {
  /** Log lines so far, parsed. */
  readonly lines: readonly Record<string, unknown>[]
}

type Flags = Record<string, string | readonly string[] | boolean>

/**
 * Writes files below a fresh folder, in the form `{ 'sum/1/model.onnx': bytes }`, and returns the folder. It goes after whatever the
 * test starts later has ended: a folder of tap's own goes first, under a server that still writes to it.
 */
export function repository(t: Test, files: Readonly<Record<string, string | Uint8Array>>): string {
  const home = join(projectFolder, '.tap', 'repositories')
  mkdirSync(home, { recursive: true })
  const root = realpathSync(mkdtempSync(join(home, 'r-')))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

/** Makes an app on a free port and starts it; it is closed with the test. */
export async function startApp(
  t: Test,
  models: string | readonly string[],
  flags: Flags = {}
): Promise<TestApp> {
  const app = await makeApp(t, models, flags)
  await app.start()
  return app
}

/** The same without starting it. */
export async function makeApp(
  t: Test,
  models: string | readonly string[],
  flags: Flags = {},
  options: AppOptions = {}
): Promise<TestApp> {
  const lines: Record<string, unknown>[] = []
  const state = join(typeof models === 'string' ? models : models[0]!, '.state')
  const settings = loadSettings({
    flags: { models: [models].flat(), port: '0', 'state-dir': state, 'repository-stable-ms': '0', ...flags },
    env: {}
  })
  const app = await createApp(settings, {
    ...options,
    logTo: { write: line => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  })
  t.teardown(() => app.close())
  return { ...app, lines }
}

/** The address that the app listens on. */
export function addressOf(app: App): string {
  const address = app.http.server.address()
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
}

/** A V2 request for one FP32 input. */
export function fp32(name: string, shape: readonly number[], data: readonly unknown[]): object {
  return { inputs: [{ name, shape, datatype: 'FP32', data }] }
}
