// One version's way from its folder to readiness: validate → admit → probe → load → warm up → gate → ready.
import type { Instance } from '../backend/backend.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { type GateLimits, gateMissing, readGate, runGate } from './gate.ts'
import type { GateVerdict } from './gate-verdict.ts'
import { Load, type LoadOptions, type Places } from './load.ts'
import { type ModelVersion, modelVersion } from './model-version.ts'
import type { State } from './state.ts'
import { LoadFailure, orFail, validate } from './validate.ts'
import { suppliedRequests, type WarmupLimits } from './warmup.ts'

export interface LoaderOptions extends WarmupLimits, GateLimits, LoadOptions {
  /** Rows of a scored set that are run at load. */
  readonly gateRowsMax: number
  /** Instances with a thread or a process of their own, of all versions together. */
  readonly instancesMax: number
  /** What happens to a loaded version besides its states, for the log. */
  readonly onNotice: (model: string, version: number, message: string) => void
}

export type Loader = (
  model: string,
  version: ScannedVersion,
  enter: (state: State) => void
) => Promise<ModelVersion>

/** `enter` is told of each step as it begins; the first, validating, has begun already. The loader throws LoadFailure. */
export function makeLoader(options: LoaderOptions): Loader {
  const places: Places = { taken: 0, max: options.instancesMax }
  return async (model, version, enter) => {
    const validated = await validate(version)
    const { graph, manifest, features } = validated
    const { signature, header } = graph
    const supplied = await orFail(suppliedRequests(version, signature, options))
    const gate = await orFail(readGate(version, validated, options))
    if (gate === undefined && manifest.gate.required) throw new LoadFailure(gateMissing)
    let verdict: GateVerdict | undefined
    const test = async (instance: Instance, rowsPerRun: number): Promise<void> => {
      if (gate === undefined) return
      verdict = await runGate(gate, validated, {
        run: async (inputs, outputs) => instance.run(inputs, outputs),
        rowsMax: options.gateRowsMax,
        rowsPerRun,
        nowMs: () => options.clock.monotonicMs()
      })
      if (!verdict.passed) throw new LoadFailure(`the gate refused it: ${verdict.summary}`)
    }
    const load = new Load(options, {
      validated,
      supplied,
      places,
      enter,
      gate: test,
      onNotice: message => options.onNotice(model, version.version, message)
    })
    try {
      const { batcher, group, ...facts } = await load.run()
      const known = { model, version: version.version, signature, features, manifest, header }
      return modelVersion({ ...known, ...facts, digests: {}, verdict }, batcher, group)
    } catch (error) {
      await load.undo()
      if (error instanceof LoadFailure) error.evidence = { verdict }
      throw error
    }
  }
}
