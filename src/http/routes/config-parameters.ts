// Facts of Kedge's own about a loaded version, as the string parameters of its configuration answer.
import { jsonSafe } from '../../base/json-safe.ts'
import type { GateVerdict } from '../../lifecycle/gate-verdict.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'

export function configParameters(version: ModelVersion): Record<string, string> {
  const { header, manifest } = version
  const { choice } = version.instances
  const facts: Record<string, string | undefined> = {
    'kedge.version': String(version.version),
    'kedge.placement': choice.placement,
    'kedge.placement_reason': choice.reason,
    'kedge.batching': version.unbatched === undefined ? 'on' : `off: ${version.unbatched}`,
    'kedge.timeout_ms': String(manifest.timeoutMs),
    // On the HTTP thread there is that one.
    'kedge.threads': String(choice.placement === 'inline' ? 1 : version.threads),
    'kedge.graph_optimization': manifest.runtime.graphOptimization,
    'kedge.queue_rows_max': String(manifest.queue.rowsMax),
    'kedge.queue_bytes_max': String(manifest.queue.bytesMax),
    'kedge.warning': version.warning,
    'kedge.description': manifest.description,
    'kedge.gate': gateText(version.verdict),
    'kedge.digest': digestText(version.digests),
    'onnx.ir_version': String(header.irVersion),
    'onnx.opsets': header.opsets
      .map(({ domain, version: opset }) => `${domain === '' ? 'ai.onnx' : domain}:${opset}`)
      .join(','),
    'onnx.producer': [header.producerName, header.producerVersion].filter(text => text !== '').join(' ')
  }
  const card = Object.entries(manifest.card ?? {}).map(
    ([key, value]) => [`kedge.card.${key}`, cardText(value)] as const
  )
  const metadata = [...header.metadata].map(([key, value]) => [`onnx.metadata.${key}`, value] as const)
  return Object.fromEntries(
    [...Object.entries(facts), ...card, ...metadata].filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''
    )
  )
}

function gateText(verdict: GateVerdict | undefined): string {
  if (verdict === undefined) return 'none'
  return `${verdict.passed ? 'passed' : 'failed'}: ${verdict.summary}`
}

/** One line a file, as sha256sum writes and checks them. */
function digestText(digests: Readonly<Record<string, string>>): string {
  const lines = Object.entries(digests).map(([path, digest]) => `${digest}  ${path}`)
  return lines.sort((a, b) => (a.slice(64) < b.slice(64) ? -1 : 1)).join('\n')
}

function cardText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(jsonSafe(value))
}
