// The guides to running Kedge somewhere: what they link to is there, and values, settings, flags and commands in them are such as the chart,
// Kedge and Helm take.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { chart, kubeVersion } from '../../scripts/chart.ts'
import { projectFolder } from '../../scripts/source-files.ts'
import { loadSettings } from '../../src/config/load.ts'
import { settingLeaves } from '../../src/config/schema.ts'
import { refusal, rendered } from './kubernetes/objects.ts'
import { helm, run } from './tools.ts'

const guides = ['docker', 'kubernetes', 'kserve', 'bare-metal', 'upgrading'].map(
  name => `docs/guides/${name}.md`
)
const read = (file: string): string => readFileSync(join(projectFolder, file), 'utf8')

/** Blocks of one language, with continued lines joined. */
const blocks = (file: string, language: string): readonly string[] =>
  [...read(file).matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text]) =>
    text!.replace(/\\\n\s*/g, '')
  )
const commands = guides.flatMap(file => blocks(file, 'sh').flatMap(text => text.split(/\n| && /)))

t.test('links lead to files', async t => {
  const pages = [...guides, 'README.md', 'deploy/helm/kedge/README.md', 'deploy/kubernetes/README.md']
  for (const page of pages)
    for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g))
      t.ok(existsSync(join(projectFolder, dirname(page), link)), `${page}: ${link}`)
  const readme = read('README.md')
  for (const guide of guides) t.match(readme, `(${guide})`)
})

t.test('values of the guide to Kubernetes render', async t => {
  const values = blocks('docs/guides/kubernetes.md', 'yaml').map(text => parse(text) as object)
  t.ok(values.length >= 4)
  for (const each of values) t.equal(refusal(each), '', JSON.stringify(each))
  const keys = values.find(each => 'extraVolumes' in each)!
  t.match(rendered(keys).text, /keysFile: \/etc\/kedge-keys\/keys\.yaml/)
})

t.test("Helm's commands have values that the chart has", async t => {
  const helms = commands.filter(command => /^helm (install|upgrade) /.test(command))
  t.ok(helms.length >= 3)
  for (const command of helms) {
    const [, , name, folder, ...others] = command.split(' ')
    t.strictSame([name, folder], ['kedge', 'deploy/helm/kedge'])
    const sets = others.filter(word => word !== '--reuse-values')
    const args = ['template', name!, chart, '--kube-version', kubeVersion, ...sets]
    t.match(run(helm(), args), /kind: Deployment/, command)
  }
})

t.test("settings and values that are spoken of are Kedge's and the chart's", async t => {
  const [settings = ''] = blocks('docs/guides/bare-metal.md', 'yaml')
  const file = join(t.testdir({ 'kedge.yaml': settings }), 'kedge.yaml')
  t.match(loadSettings({ flags: {}, env: {}, file }), { requireAuth: true, host: '0.0.0.0' })
  const variables = new Set(['KEDGE_CONFIG', ...settingLeaves.map(({ env }) => env)])
  const names = new Set(settingLeaves.map(({ path }) => path.join('.')))
  const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as object
  const isValue = (name: string): boolean =>
    name
      .split('.')
      .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], values) !==
    undefined
  const groups = new Set([...settingLeaves.map(({ path }) => path[0]!), ...Object.keys(values)])
  for (const guide of guides) {
    const text = read(guide)
    for (const [name] of text.matchAll(/\bKEDGE_[A-Z_]+\b/g)) t.ok(variables.has(name), `${guide}: ${name}`)
    for (const [, name = ''] of text.matchAll(/`(?:config\.)?([a-zA-Z]+\.[a-zA-Z.]+)`/g))
      if (groups.has(name.split('.')[0]!) && !name.endsWith('.jsonl'))
        t.ok(names.has(name) || isValue(name), `${guide}: ${name}`)
  }
})

t.test('what commands name is there: files, flags of Kedge, arguments of the build', async t => {
  const files = commands.flatMap(command => command.match(/\b(deploy|docker)\/[\w./-]+/g) ?? [])
  t.ok(files.length > 8)
  for (const file of files) t.ok(existsSync(join(projectFolder, file)), file)
  const known = ['--name', '--scopes', '--file', '--config', '--version']
  const flags = commands
    .flatMap(command => /\bkedge (keys create|check|serve)\b.*|\bkedge --version/.exec(command)?.[0] ?? [])
    .flatMap(command => command.match(/--[a-z-]+/g) ?? [])
  for (const flag of flags)
    t.ok(known.includes(flag) || settingLeaves.some(leaf => `--${leaf.flag}` === flag), flag)
  const dockerfile = read('Dockerfile')
  for (const [, name] of read('docs/guides/docker.md').matchAll(/--build-arg (\w+)=/g))
    t.match(dockerfile, new RegExp(`^ARG ${name}\\b`, 'm'))
})

t.test('every setting file of deploy/ belongs to a guide', async t => {
  const folders = readdirSync(join(projectFolder, 'deploy'))
  const text = guides.map(read).join('\n')
  for (const folder of folders) t.match(text, `deploy/${folder}`)
})
