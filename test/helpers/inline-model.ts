// A small real model in a real session on the test's own thread.
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Instance } from '../../src/backend/backend.ts'
import { startInstance } from '../../src/backend/start-instance.ts'
import { readGraph } from '../../src/repository/graph.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from './app.ts'
import { scannedVersion } from './fakes.ts'

export interface InlineModel {
  readonly instance: Instance
  readonly signature: Signature
  /** Runs for every output. */
  readonly run: (inputs: readonly NamedTensor[]) => Promise<readonly NamedTensor[]>
}

/** The model in these bytes; it is closed with the test. */
export async function inlineModel(t: Test, bytes: Uint8Array): Promise<InlineModel> {
  const root = repository(t, { 'm/1/model.onnx': bytes })
  const graph = await readGraph(scannedVersion(1, { root }))
  if ('problems' in graph) throw new Error(graph.problems.join('; '))
  const path = join(root, 'm', '1', 'model.onnx')
  const instance = await startInstance('inline', { path, graphOptimization: 'all', threads: 1 })
  t.teardown(() => instance.close())
  const { signature } = graph
  const names = signature.outputs.map(({ name }) => name)
  return { instance, signature, run: async inputs => (await instance.run(inputs, names)).outputs }
}
