// A rolling update as an orchestrator does it: two servers behind Debian's nginx, requests all the time, one server after the other told to
// end, taken out once its ready route says so, replaced, and put back once its ready route says so. Nobody notices.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { repository } from '../helpers/app.ts'
import { freePort } from '../helpers/free-port.ts'
import { slow } from '../helpers/models.ts'
import { type KedgeProcess, kedge } from '../helpers/process.ts'
import { debian } from './tools.ts'

const sigterms = 5
const clients = 8
const pollMs = 20
/** Time between turning unready and refusing connections: long enough for whoever looks every `pollMs`. */
const readinessDelayMs = 2000

/** Settles once `holds` does. The runner's limit ends what never does. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(pollMs)
}

const readyStatus = (port: number): Promise<number> =>
  fetch(`http://127.0.0.1:${port}/v2/health/ready`).then(
    response => response.status,
    () => 0
  )

/** One question over a connection of its own: nginx may close one that waits for the next question when its configuration changes. */
function ask(port: number, value: number): Promise<string> {
  const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }] })
  const options = { port, host: '127.0.0.1', path: '/v2/models/slow/infer', method: 'POST', agent: false }
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject).on('end', () => resolve(`${response.statusCode} ${text}`))
    })
    sent.on('error', reject).end(body)
  })
}

/** nginx in front of some of the servers; which ones can be changed while it serves. */
class Front {
  readonly #folder: string
  readonly #port: number
  #child: ChildProcess | undefined
  #reloads = 0

  constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
    mkdirSync(folder)
  }

  async start(t: Test, upstreams: readonly number[]): Promise<void> {
    this.#configure(upstreams)
    const program = join(debian('nginx'), 'usr/sbin/nginx')
    const args = ['-p', this.#folder, '-c', 'nginx.conf', '-e', 'error.log']
    const child = spawn(program, args, { stdio: 'inherit' })
    this.#child = child
    t.teardown(async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    })
    await until(async () => (await readyStatus(this.#port)) === 200)
  }

  /** Settles once new requests go to these only. */
  async route(upstreams: readonly number[]): Promise<void> {
    this.#configure(upstreams)
    this.#child?.kill('SIGHUP')
    await until(() => this.log().split('gracefully shutting down').length > this.#reloads)
    this.#reloads += 1
  }

  log(): string {
    return readFileSync(join(this.#folder, 'error.log'), 'utf8')
  }

  #configure(upstreams: readonly number[]): void {
    const servers = upstreams.map(port => `server 127.0.0.1:${port};`).join(' ')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      name => `${name}_temp_path ${name};`
    )
    const text = `daemon off; worker_processes 1; pid nginx.pid; error_log error.log notice;
      events {}
      http {
        access_log off; ${temporary.join(' ')}
        upstream kedge { ${servers} keepalive 16; }
        server {
          listen 127.0.0.1:${this.#port};
          location / { proxy_pass http://kedge; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }
      }`
    writeFileSync(join(this.#folder, 'nginx.conf'), text)
  }
}

/** Asks without a pause until it is told to stop. */
function load(port: number) {
  const failures: string[] = []
  let [answered, isOver] = [0, false]
  const loop = async (first: number): Promise<void> => {
    for (let value = first; !isOver; value += clients) {
      const answer = await ask(port, value).catch((error: unknown) => String(error))
      if (answer.startsWith('200 ') && answer.includes(`"data":[${value}]`)) answered += 1
      else failures.push(answer)
    }
  }
  const loops = Array.from({ length: clients }, (_, index) => loop(index))
  return {
    answered: () => answered,
    /** Settles with what went wrong, once the last answer is there. */
    async end(): Promise<readonly string[]> {
      isOver = true
      await Promise.all(loops)
      return failures
    }
  }
}

t.test(`a rolling update behind nginx, ${sigterms} SIGTERMs under load: no request fails`, async t => {
  const root = repository(t, { 'models/slow/1/model.onnx': slow(4) })
  const ports = [await freePort(), await freePort()]
  const start = (port: number): KedgeProcess => {
    const folders = ['--models', join(root, 'models'), '--state-dir', join(root, `state-${port}`)]
    const delay = ['--shutdown-readiness-delay-ms', String(readinessDelayMs)]
    return kedge(t, ['serve', '--port', String(port), ...folders, ...delay])
  }
  const servers = ports.map(start)
  await Promise.all(servers.map(server => server.ready))
  const port = await freePort()
  const proxy = new Front(join(root, 'nginx'), port)
  await proxy.start(t, ports)
  const asked = load(port)
  for (let round = 0; round < sigterms; round += 1) {
    const index = round % ports.length
    const [own, old] = [ports[index]!, servers[index]!]
    // Both have work.
    await until(async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${own}/metrics`)).text()
      return /kedge_inflight_requests\{model="slow",version="1"\} [1-9]/.test(metrics)
    })
    old.child.kill('SIGTERM')
    await until(async () => (await readyStatus(own)) === 503)
    t.match(await ask(own, round), /^200 /, 'unready, and still answers who has not noticed')
    await proxy.route(ports.filter(other => other !== own))
    t.strictSame(await old.exited, { code: 0, signal: null })
    servers[index] = start(own)
    await until(async () => (await readyStatus(own)) === 200)
    await proxy.route(ports)
    const before = asked.answered()
    await until(() => asked.answered() > before + 10 * clients)
  }
  t.strictSame(await asked.end(), [], `${asked.answered()} requests were answered`)
  t.comment(`${asked.answered()} answers over ${sigterms} replacements`)
  t.notMatch(proxy.log(), /\[(error|crit|alert|emerg)\]/, 'nor did nginx have to hide a failure')
})
