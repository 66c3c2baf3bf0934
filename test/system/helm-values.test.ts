// The chart's values: each is in the schema and described there, each wrong one is refused by its name, and what the files in deploy/ say of
// the chart, of Kedge's settings and of KServe is so.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { chart, manifests, renderedManifests, schemaFile, valuesSchema } from '../../scripts/chart.ts'
import { projectFolder } from '../../scripts/source-files.ts'
import { loadSettings } from '../../src/config/load.ts'
import { settingLeaves } from '../../src/config/schema.ts'
import { objectsIn, ofKind, refusal, schemaProblems } from './kubernetes/objects.ts'
import { wrongValues } from './kubernetes/values.ts'
import { helm } from './tools.ts'

interface Schema {
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: unknown
}

/** Values, or any of them. */
type Values = Readonly<Record<string, unknown>> | undefined

const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as Schema
const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Values

/** Paths such as `image.tag` of whatever has properties of its own. */
function pathsOf(node: Schema, path: string, visit: (path: string, node: Schema) => void): void {
  visit(path, node)
  for (const [name, child] of Object.entries(node.properties ?? {}))
    pathsOf(child, path === '' ? name : `${path}.${name}`, visit)
}

t.test(
  'the schema and values.yaml have the same values, each described, and no others are let in',
  async t => {
    // What is of Kubernetes, of a parent chart or of Kedge has no default here.
    const withoutDefault =
      /^(global|config\..+|probes\.\w+\.initialDelaySeconds|(models\.sync\.)?resources\..+)$/
    const known = new Set<string>()
    pathsOf(schema, '', (path, { description, properties, additionalProperties }) => {
      known.add(path)
      const isGroup = path === '' || (path.startsWith('config.') && properties !== undefined)
      t.ok(isGroup || (description ?? '').length > 5, `${path} is described`)
      if (properties !== undefined) t.equal(additionalProperties, false, `${path} is closed`)
      if (path === '' || withoutDefault.test(path)) return
      const value = path.split('.').reduce<unknown>((part, key) => (part as Values)?.[key], values)
      t.not(value, undefined, `${path} is in values.yaml`)
    })
    const visit = (value: unknown, { properties }: Schema, path: string): void => {
      if (properties === undefined) return
      for (const [key, child] of Object.entries(value as object)) {
        const inner = properties[key]
        t.ok(inner, `${path}${key} of values.yaml is in the schema`)
        if (inner !== undefined) visit(child, inner, `${path}${key}.`)
      }
    }
    visit(values, schema, '')
    t.ok(known.size > 100)
  }
)

t.test("the schema has Kedge's settings as they are: `npm run chart` writes them", async t => {
  t.strictSame(schema, valuesSchema())
  const { properties = {} } = schema.properties!['config']!
  t.ok(properties['log'] && properties['auth'] && !properties['port'])
})

for (const [name, wrong, said] of wrongValues)
  t.test(`refused: ${name}`, async t => t.match(refusal(wrong).replaceAll('\n', ' '), said))

t.test('what an old Kubernetes has not is refused', async t => {
  t.match(refusal({ shutdown: { delayBy: 'sleep' } }, '1.29.3'), /shutdown\.delayBy: .* 1\.30/)
  t.equal(refusal({ shutdown: { delayBy: 'sleep' } }, '1.30.0'), '')
  const image = { models: { source: 'image', image: { reference: 'a' } } }
  t.match(refusal(image, '1.30.1'), /models\.source: .* 1\.31/)
  t.match(refusal({}, '1.26.0'), /requires kubeVersion/)
  t.equal(refusal({}, '1.27.0'), '')
})

t.test("the chart is of this Kedge's version", async t => {
  const { appVersion } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as { appVersion: string }
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    version: string
  }
  t.equal(appVersion, version)
})

t.test('deploy/kubernetes is the chart as it renders now: `npm run chart` writes it', async t => {
  const files = readdirSync(manifests, { recursive: true, encoding: 'utf8' }).filter(name =>
    name.endsWith('.yaml')
  )
  const expected = renderedManifests(helm())
  t.strictSame(files.sort(), [...expected.keys()].sort())
  for (const [name, text] of expected) {
    t.equal(readFileSync(join(manifests, name), 'utf8'), text, name)
    t.strictSame(schemaProblems(text), [], name)
    t.notMatch(text, /helm\.sh|managed-by/)
  }
})

t.test('KServe: objects that it knows, arguments that Kedge has, and an end within its grace', async t => {
  const folder = join(projectFolder, 'deploy', 'kserve')
  const texts = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'))
  for (const text of texts) t.strictSame(schemaProblems(text), [])
  const objects = texts.flatMap(objectsIn)
  const [runtime] = ofKind(objects, 'ClusterServingRuntime')
  if (runtime === undefined) throw new Error('there is no runtime')
  const [container] = runtime.spec.containers
  t.equal(container.name, 'kserve-container')
  const [command, ...args] = (container.args ?? []).map(each => each.replace('{{.Name}}', 'churn'))
  t.equal(command, 'serve')
  const given = Object.fromEntries(
    args.map(each => /^--([a-z-]+)=(.+)$/.exec(each)!.slice(1) as [string, string])
  )
  const flags = new Set(settingLeaves.map(({ flag }) => flag))
  for (const flag of Object.keys(given)) t.ok(flags.has(flag), flag)
  const { models, ...others } = given
  const settings = loadSettings({ flags: { ...others, models: [models!] }, env: {} })
  t.match(settings, { models: ['/mnt/models'], modelName: 'churn', port: container.ports[0]?.containerPort })
  // Kubernetes' default, which a runtime cannot change.
  t.ok(settings.shutdown.deadlineMs <= 30_000 - 5000)
  t.equal(runtime.spec.annotations['prometheus.kserve.io/port'], String(settings.port))
  const services = ofKind(objects, 'InferenceService')
  t.equal(services.length, 2)
  for (const { spec } of services) {
    const { runtime: asked, modelFormat, protocolVersion } = spec.predictor.model
    t.equal(asked, runtime.metadata.name)
    t.match(runtime.spec.supportedModelFormats, [{ name: modelFormat.name, version: modelFormat.version }])
    t.ok(runtime.spec.protocolVersions.includes(protocolVersion))
  }
})
