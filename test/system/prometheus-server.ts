// Debian's Prometheus over the rules that are shipped, in a folder of the test's own: where its programs are, how it is started on the
// loopback interface, and what it is asked.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { freePort } from '../helpers/free-port.ts'
import { debian } from './tools.ts'

export const docker = join(projectFolder, 'docker')

const rulesFolder = join(docker, 'prometheus', 'rules')
export const ruleFiles = readdirSync(rulesFolder).map(name => join(rulesFolder, name))

/** The path of `prometheus` or `promtool`. */
export const program = (name: 'prometheus' | 'promtool'): string =>
  join(debian('prometheus'), 'usr', 'bin', name)

/** The shipped rules with windows and waits of seconds: an hour is too long for a test. */
function hurried(text: string): string {
  return text
    .replaceAll('[10m]', '[6s]')
    .replaceAll('[1h]', '[12s]')
    .replaceAll('[24h]', '[30s]')
    .replace(/interval: 1m/g, 'interval: 1s')
    .replace(/for: (10m|30m|1h)/g, 'for: 1s')
}

/** Scrapes `targets` (addresses such as http://127.0.0.1:8080) each second. Settles with its own address, once it answers. */
export async function startPrometheus(
  t: Pick<Test, 'teardown'>,
  folder: string,
  targets: readonly string[]
): Promise<string> {
  const port = await freePort()
  mkdirSync(join(folder, 'rules'), { recursive: true })
  for (const file of ruleFiles)
    writeFileSync(join(folder, 'rules', file.split('/').at(-1)!), hurried(readFileSync(file, 'utf8')))
  const hosts = targets.map(target => new URL(target).host)
  const configuration = `
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules/*.yml]
scrape_configs:
  - job_name: kedge
    static_configs: [{ targets: ${JSON.stringify(hosts)} }]
`
  writeFileSync(join(folder, 'prometheus.yml'), configuration)
  const flags = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`
  ]
  const child = spawn(program('prometheus'), flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Server is ready to receive web requests')) resolve()
    })
    child.once('close', () => reject(new Error(`prometheus ended:\n${said}`)))
  })
  return `http://127.0.0.1:${port}`
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

/** An instant query. An expression that does not parse is an answer with an error. */
export async function query(address: string, expression: string): Promise<Answer> {
  const response = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(expression)}`)
  return (await response.json()) as Answer
}

interface EvaluatedRule {
  readonly name: string
  readonly health: string
  readonly lastError?: string
}

/** Every rule as Prometheus has it: health is `unknown` before the first evaluation, then `ok` or `err`. */
export async function evaluatedRules(address: string): Promise<readonly EvaluatedRule[]> {
  const response = await fetch(`${address}/api/v1/rules`)
  const { data } = (await response.json()) as { data: { groups: { rules: EvaluatedRule[] }[] } }
  return data.groups.flatMap(group => group.rules)
}

interface Alert {
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

export async function firing(address: string): Promise<readonly Alert['labels'][]> {
  const response = await fetch(`${address}/api/v1/alerts`)
  const { data } = (await response.json()) as { data: { alerts: Alert[] } }
  return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels)
}
