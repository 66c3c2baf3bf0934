// The Compose file as far as it can be looked at without an engine: what it mounts is there, images are pinned, and services find each other.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { projectFolder } from '../../scripts/source-files.ts'
import { loadSettings } from '../../src/config/load.ts'

interface Service {
  readonly image: string
  readonly build?: string
  readonly ports: readonly string[]
  readonly volumes: readonly string[]
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly read_only?: boolean
  readonly stop_grace_period?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
}

const folder = join(projectFolder, 'docker')
const read = (file: string): unknown => parse(readFileSync(join(folder, file), 'utf8'))
const { services, volumes } = read('compose.yaml') as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}
const all = Object.entries(services)

t.test('what is mounted is there, and nothing but volumes can be written', async t => {
  t.strictSame(Object.keys(services), ['kedge', 'prometheus', 'grafana'])
  for (const [name, { volumes: mounts }] of all)
    for (const mount of mounts) {
      // The default of a variable, as Compose puts it in.
      const [source = '', target, mode] = mount.replace(/\$\{\w+:-([^}]+)\}/, '$1').split(':')
      t.match(target, /^\//, `${name}: ${mount}`)
      if (!source.startsWith('.')) t.ok(source in volumes, `volume ${source}`)
      else {
        t.ok(existsSync(resolve(folder, source)), source)
        t.equal(mode, 'ro', mount)
      }
    }
})

t.test('images are built here or pinned, and shut in', async t => {
  for (const [name, service] of all) {
    if (service.build === undefined) t.match(service.image, /:v?\d+\.\d+\.\d+$/, name)
    else t.ok(existsSync(resolve(folder, service.build, 'Dockerfile')), name)
    t.strictSame(service.cap_drop, ['ALL'], name)
    t.strictSame(service.security_opt, ['no-new-privileges:true'], name)
    for (const port of service.ports) t.match(port, /^127\.0\.0\.1:(\d+):\1$/, `${name}: this machine only`)
  }
  t.equal(services['kedge']?.read_only, true)
})

t.test('Kedge ends before it is killed', async t => {
  const { shutdown } = loadSettings({ flags: {}, env: {}, file: undefined })
  t.ok(Number.parseInt(services['kedge']!.stop_grace_period!, 10) * 1000 >= shutdown.deadlineMs + 5000)
})

t.test(
  'Prometheus scrapes Kedge with the rules beside it, and Grafana asks Prometheus once it is well',
  async t => {
    const { scrape_configs: jobs, rule_files: rules } = read('prometheus/prometheus.yml') as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
      rule_files: string[]
    }
    t.match(jobs, [{ job_name: 'kedge', static_configs: [{ targets: ['kedge:8080'] }] }])
    t.strictSame(rules, ['rules/*.yml'])
    t.ok(readdirSync(join(folder, 'prometheus/rules')).length >= 2)
    const sources = readdirSync(join(folder, 'grafana/provisioning/datasources'))
    const texts = sources.map(name =>
      readFileSync(join(folder, 'grafana/provisioning/datasources', name), 'utf8')
    )
    t.match(texts.join('\n'), /url: http:\/\/prometheus:9090$/m)
    const [provider] = readdirSync(join(folder, 'grafana/provisioning/dashboards'))
    const [, path] = /path: (\S+)/.exec(
      readFileSync(join(folder, 'grafana/provisioning/dashboards', provider!), 'utf8')
    )!
    t.ok(services['grafana']?.volumes.includes(`./grafana/dashboards:${path}:ro`))
    t.strictSame(services['grafana']?.depends_on, { prometheus: { condition: 'service_healthy' } })
    t.ok(services['prometheus']?.healthcheck)
  }
)
