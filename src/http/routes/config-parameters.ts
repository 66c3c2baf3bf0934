// Facts of Kedge's own about a loaded version, as the string parameters of its configuration answer.
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
    'onnx.ir_version': String(header.irVersion),
    'onnx.opsets': header.opsets
      .map(({ domain, version: opset }) => `${domain === '' ? 'ai.onnx' : domain}:${opset}`)
      .join(','),
    'onnx.producer': [header.producerName, header.producerVersion].filter(text => text !== '').join(' ')
  }
  const metadata = [...header.metadata].map(([key, value]) => [`onnx.metadata.${key}`, value] as const)
  return Object.fromEntries(
    [...Object.entries(facts), ...metadata].filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''
    )
  )
}
