// Writes what the chart's files say of other things: the part of values.schema.json that is Kedge's settings, and deploy/kubernetes/, which
// is the chart with its defaults. `npm run chart` takes the `helm` that is found, or the one that the variable HELM names.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Leaf, settingLeaves } from '../src/config/schema.ts'
import { projectFolder } from './source-files.ts'

export const chart = join(projectFolder, 'deploy', 'helm', 'kedge')
export const manifests = join(projectFolder, 'deploy', 'kubernetes')
export const schemaFile = join(chart, 'values.schema.json')

/** The newest Kubernetes that the chart was written for: an old one is what Helm assumes by itself. */
export const kubeVersion = '1.35.0'

/** Settings that follow from what else the chart writes, or that the image has. */
const ownSettings = new Set(['models', 'host', 'port', 'stateDir', 'shutdown'])

type Tree = { [key: string]: unknown }

function leafSchema({ kind, description, min, max, choices }: Leaf): Tree {
  const bounds = {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max })
  }
  const filled = { type: 'string', minLength: 1 }
  switch (kind) {
    case 'integer':
    case 'number':
      return { description, type: kind, ...bounds }
    case 'bytes':
      return { description, type: ['integer', 'string'] }
    case 'switch':
      return { description, type: 'boolean' }
    case 'list':
      return { description, type: 'array', items: filled }
    case 'choice':
      return { description, enum: choices }
    case 'text':
    case 'url':
      return { description, ...filled }
  }
}

/** Kedge's settings as values of the chart. */
function settingsSchema(): Tree {
  const root: Tree = {}
  for (const leaf of settingLeaves.filter(({ path }) => !ownSettings.has(path[0]!))) {
    let properties = root
    for (const key of leaf.path.slice(0, -1)) {
      const inner = (properties[key] as Tree | undefined) ?? {
        type: 'object',
        additionalProperties: false,
        properties: {}
      }
      properties[key] = inner
      properties = inner['properties'] as Tree
    }
    properties[leaf.path.at(-1)!] = leafSchema(leaf)
  }
  return root
}

/** values.schema.json with the settings as they are now. */
export function valuesSchema(): object {
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as { properties: { config: Tree } }
  schema.properties.config['properties'] = settingsSchema()
  return schema
}

/** What everybody needs, and what only some clusters can have: files and values that make them be there. */
const parts = {
  configmap: {},
  deployment: {},
  service: {},
  poddisruptionbudget: {},
  'optional/horizontalpodautoscaler': { autoscaling: { mode: 'hpa' } },
  'optional/networkpolicy': { networkPolicy: { enabled: true } },
  'optional/scaledobject': { autoscaling: { mode: 'keda', waitingPredictions: 1 } },
  'optional/servicemonitor': { serviceMonitor: { enabled: true } }
}

const header = `# Written by \`npm run chart\` from deploy/helm/kedge: change it there, or copy this file and change the copy.\n`

/** The files of deploy/kubernetes by their names: the chart's release \`kedge\` without what only Helm has a use for. */
export function renderedManifests(helm: string): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(parts).map(([part, values]) => {
      const template = `templates/${part.replace('optional/', '')}.yaml`
      const args = ['template', 'kedge', chart, '--kube-version', kubeVersion, '--show-only', template]
      const text = execFileSync(helm, [...args, '--values', '-'], {
        input: JSON.stringify(values),
        encoding: 'utf8',
        stdio: 'pipe'
      })
      const plain = text
        .replace(/^---\n# Source: .*\n/, '')
        .replace(/^ *(helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm, '')
      return [`${part}.yaml`, `${header}${plain}`]
    })
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(schemaFile, JSON.stringify(valuesSchema(), null, 2))
  for (const [name, text] of renderedManifests(process.env['HELM'] ?? 'helm')) {
    mkdirSync(dirname(join(manifests, name)), { recursive: true })
    writeFileSync(join(manifests, name), text)
  }
}
