// What Helm makes of the chart with some values, as objects; and whether Kubernetes knows what is in them.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { chart, kubeVersion } from '../../../scripts/chart.ts'
import { helm, kubeconform, kubernetesSchemas } from '../tools.ts'
import type { Kind, KubernetesObject } from './kinds.ts'

export interface Rendering {
  readonly text: string
  readonly objects: readonly KubernetesObject[]
  /** The only one of a kind; throws where there is none, or several. */
  one<K extends Kind>(kind: K): KubernetesObject<K>
}

function helmOver(command: string, values: object, kubernetes: string) {
  const name = command === 'template' ? ['kedge'] : []
  const args = [command, ...name, chart, '--kube-version', kubernetes, '--values', '-']
  const strict = command === 'lint' ? ['--strict'] : []
  return spawnSync(helm(), [...args, ...strict], { input: JSON.stringify(values), encoding: 'utf8' })
}

/** The objects in a text of YAML documents. */
export const objectsIn = (text: string): readonly KubernetesObject[] =>
  parseAllDocuments(text)
    .map(document => document.toJS() as KubernetesObject | null)
    .filter(object => object !== null)

/** The objects of one kind. */
export function ofKind<K extends Kind>(
  objects: readonly KubernetesObject[],
  kind: K
): readonly KubernetesObject<K>[] {
  return objects.filter((object): object is KubernetesObject<K> => object.kind === kind)
}

/** What `helm template` makes of some values; throws with what it says. */
export function rendered(values: object, kubernetes = kubeVersion): Rendering {
  const { status, stdout, stderr } = helmOver('template', values, kubernetes)
  if (status !== 0) throw new Error(stderr)
  const objects = objectsIn(stdout)
  return {
    text: stdout,
    objects,
    one<K extends Kind>(kind: K) {
      const [first, ...others] = ofKind(objects, kind)
      if (first === undefined || others.length > 0) throw new Error(`${others.length + 1} of ${kind}`)
      return first
    }
  }
}

/** Why Helm refuses some values; empty where it takes them. */
export function refusal(values: object, kubernetes = kubeVersion): string {
  const { status, stderr } = helmOver('template', values, kubernetes)
  return status === 0 ? '' : stderr
}

/** What `helm lint --strict` has against some values. */
export function lintProblems(values: object): string {
  const { status, stdout, stderr } = helmOver('lint', values, kubeVersion)
  return status === 0 ? '' : stdout + stderr
}

interface Verdict {
  readonly resources: readonly { readonly name: string; readonly kind: string; readonly msg: string }[]
  readonly summary: { readonly valid: number }
}

/** What kubeconform has against a text of YAML documents, a line each. None may be of a kind that it does not know. */
export function schemaProblems(text: string): readonly string[] {
  const schemas = join(kubernetesSchemas(), '{{ .ResourceKind }}_{{ .Group }}_{{ .ResourceAPIVersion }}.json')
  const args = ['-strict', '-summary', '-output', 'json', '-schema-location', schemas]
  const { stdout, stderr } = spawnSync(kubeconform(), args, { input: text, encoding: 'utf8' })
  const { resources, summary } = JSON.parse(stdout || '{}') as Partial<Verdict>
  if (resources === undefined || summary === undefined) return [`kubeconform: ${stdout}${stderr}`]
  const problems = resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`)
  return summary.valid === 0 && problems.length === 0 ? ['kubeconform found no object'] : problems
}
