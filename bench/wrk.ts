// Load from Debian's wrk, a closed loop: so many connections, each with one request in flight.
// wrk fills in the samples that a stall kept it from sending, so its 99th percentile is no flattery.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { debian, run } from '../test/system/tools.ts'
import type { Scope } from './harness.ts'

export interface Ask {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export interface Load {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly requests: number
  /** Answers with a status of 400 or more. */
  readonly refused: number
  /** Connections that could not be made or broke, and requests that got no answer in time. */
  readonly broken: number
}

const answerTimeoutSeconds = 60

let installed: { readonly program: string; readonly env: NodeJS.ProcessEnv } | undefined

/** wrk, and the library that it needs where the machine has none. */
function wrk(): NonNullable<typeof installed> {
  if (installed !== undefined) return installed
  const program = join(debian('wrk'), 'usr', 'bin', 'wrk')
  const env = { ...process.env }
  if (/luajit\S* => not found/.test(run('ldd', [program]))) {
    const libraries = join(debian('libluajit-5.1-2'), 'usr', 'lib')
    env['LD_LIBRARY_PATH'] = readdirSync(libraries)
      .map(name => join(libraries, name))
      .join(':')
  }
  installed = { program, env }
  return installed
}

/** A Lua string literal of printable ASCII. */
const quoted = (text: string): string => JSON.stringify(text)

function script(ask: Ask, bodyPath: string): string {
  return `local file = assert(io.open(${quoted(bodyPath)}, 'rb'))
wrk.method = 'POST'
wrk.body = file:read('*a')
file:close()
${Object.entries(ask.headers)
  .map(([name, value]) => `wrk.headers[${quoted(name)}] = ${quoted(value)}`)
  .join('\n')}
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nRESULT [%d, %d, %d, %d, %d, %d]\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write + e.timeout))
end
`
}

/** A load that can be repeated: its script and body lie in files that the scope removes. */
export class Loader {
  readonly #url: string
  readonly #script: string

  constructor(scope: Scope, address: string, ask: Ask) {
    const folder = scope.folder({ body: ask.body })
    this.#url = `${address}${ask.path}`
    this.#script = join(scope.folder({ 'ask.lua': script(ask, join(folder, 'body')) }), 'ask.lua')
  }

  /** Asks for so long over so many connections. */
  async run(connections: number, seconds: number): Promise<Load> {
    const { program, env } = wrk()
    const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', this.#script]
    const child = spawn(program, [...args, '--timeout', `${answerTimeoutSeconds}s`, this.#url], {
      env,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let said = ''
    const collect = (chunk: Buffer): void => {
      said += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    await once(child, 'close')
    const [, text] = /^RESULT (\[.*\])$/m.exec(said) ?? []
    if (text === undefined) throw new Error(`wrk ${this.#url} gave no result:\n${said}`)
    const [requests = 0, us = 1, p50 = 0, p99 = 0, refused = 0, broken = 0] = JSON.parse(text) as number[]
    return {
      requestsPerSecond: requests / (us / 1e6),
      p50Ms: p50 / 1e3,
      p99Ms: p99 / 1e3,
      requests,
      refused,
      broken
    }
  }

  /** The same, where every answer has to be a success. */
  async succeed(connections: number, seconds: number): Promise<Load> {
    const load = await this.run(connections, seconds)
    if (load.requests === 0 || load.refused + load.broken > 0)
      throw new Error(
        `${this.#url}: of ${load.requests} answers ${load.refused} refused, and ${load.broken} broken`
      )
    return load
  }
}
