// One version's way from its folder to readiness: validate → admit (digests, memory, probe) → load → warm up → gate → ready. Leaves nothing
// behind when a step fails, and takes no longer than it may.
import type { Instance } from '../backend/backend.ts'
import { settlesWithin } from '../base/clock.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { contractOf } from '../schema/contract.ts'
import { type AdmissionOptions, type Admitted, admit } from './admission.ts'
import { type Gate, type GateLimits, gateMissing, readGate, runGate } from './gate.ts'
import type { GateVerdict } from './gate-verdict.ts'
import { Load, type LoadOptions, type Places, sessionOptions, takesExample } from './load.ts'
import { LoadLimit } from './load-limit.ts'
import { type ModelVersion, modelVersion } from './model-version.ts'
import { instancePlan } from './placement.ts'
import type { State } from './state.ts'
import { LoadFailure, orFail, type Validated, validate } from './validate.ts'
import { type SuppliedRequest, suppliedRequests, type WarmupLimits, warmUp } from './warmup.ts'

export interface LoaderOptions extends WarmupLimits, GateLimits, LoadOptions {
  readonly admission: AdmissionOptions
  /** Time for a version to become ready. */
  readonly loadMaxMs: number
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

/** A thread that is inside the runtime cannot be ended: whoever waits for it any longer waits in vain. */
const undoMaxMs = 5000

/** `enter` is told of each step as it begins; the first, validating, has begun already. The loader throws LoadFailure. */
export function makeLoader(options: LoaderOptions): Loader {
  const places: Places = { taken: 0, max: options.instancesMax }
  return async (model, version, enter) => {
    const limit = new LoadLimit(options.loadMaxMs, options.clock)
    const validated = await validate(version)
    const supplied = await orFail(suppliedRequests(version, validated.graph.signature, options))
    const gate = await orFail(readGate(version, validated, options))
    if (gate === undefined && validated.manifest.gate.required) throw new LoadFailure(gateMissing)
    const admitted = await admission(options, { version, validated, supplied, limit, enter })
    const way = new Way(options, { model, version, validated, supplied, places, limit, gate, admitted })
    return way.go(enter)
  }
}

interface Candidacy {
  readonly version: ScannedVersion
  readonly validated: Validated
  readonly supplied: readonly SuppliedRequest[]
  readonly limit: LoadLimit
  readonly enter: (state: State) => void
}

function admission(
  options: LoaderOptions,
  { version, validated, supplied, limit, enter }: Candidacy
): Promise<Admitted> {
  const { graph, manifest } = validated
  const outputs = graph.signature.outputs.map(({ name }) => name)
  const { count, threads } = instancePlan(manifest.instances, options.cpus)
  const contract = contractOf(graph.signature, validated.features)
  const tryOut = async (instance: Instance): Promise<void> => {
    await warmUp(async ({ inputs }) => instance.run(inputs, outputs), graph.signature, supplied)
    if (supplied.length === 0) await takesExample(instance, contract)
  }
  const candidate = {
    version,
    validated,
    session: sessionOptions(validated, threads),
    instances: count,
    limit,
    onProbe: () => enter('probing'),
    tryOut
  }
  return admit(candidate, options.admission)
}

interface WayFacts {
  readonly model: string
  readonly version: ScannedVersion
  readonly validated: Validated
  readonly supplied: readonly SuppliedRequest[]
  readonly places: Places
  readonly limit: LoadLimit
  readonly gate: Gate | undefined
  readonly admitted: Admitted
}

/** The way of an admitted version, inside the server. */
class Way {
  readonly #options: LoaderOptions
  readonly #facts: WayFacts
  #verdict: GateVerdict | undefined

  constructor(options: LoaderOptions, facts: WayFacts) {
    this.#options = options
    this.#facts = facts
  }

  async go(enter: (state: State) => void): Promise<ModelVersion> {
    const { model, version, validated, supplied, places, limit, admitted } = this.#facts
    const { graph, manifest, features } = validated
    const load = new Load(this.#options, {
      validated,
      supplied,
      places,
      enter,
      checkUnchanged: () => admitted.checkUnchanged(),
      gate: (instance, rowsPerRun) => this.#test(instance, rowsPerRun),
      onNotice: message => this.#options.onNotice(model, version.version, message)
    })
    try {
      const { batcher, group, ...loaded } = await limit.within('it was loaded', load.run())
      await admitted.checkUnchanged()
      admitted.done(true)
      void group.ended.then(() => admitted.release())
      const { signature, header } = graph
      const known = { model, version: version.version, signature, features, manifest, header, ...loaded }
      return modelVersion({ ...known, digests: admitted.digests, verdict: this.#verdict }, batcher, group)
    } catch (error) {
      await settlesWithin(this.#options.clock, undoMaxMs, load.undo())
      admitted.done(false)
      if (error instanceof LoadFailure) error.evidence = { digests: admitted.digests, verdict: this.#verdict }
      throw error
    }
  }

  /** Throws LoadFailure where the gate does not pass. */
  async #test(instance: Instance, rowsPerRun: number): Promise<void> {
    const { gate, validated } = this.#facts
    if (gate === undefined) return
    const { clock, gateRowsMax: rowsMax } = this.#options
    const run = async (...request: Parameters<Instance['run']>) => instance.run(...request)
    const verdict = await runGate(gate, validated, {
      run,
      rowsMax,
      rowsPerRun,
      nowMs: () => clock.monotonicMs()
    })
    this.#verdict = verdict
    if (!verdict.passed) throw new LoadFailure(`the gate refused it: ${verdict.summary}`)
  }
}
