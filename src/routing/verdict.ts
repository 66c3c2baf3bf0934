// Name and version → what the gate of that version found last. Unlike requests, it reaches versions that were kept out.
import { describe } from '../base/describe.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { GateVerdict } from '../lifecycle/gate-verdict.ts'
import type { PublicState } from '../lifecycle/state.ts'
import { find, type Served, type Target } from './resolve.ts'

export interface Gated extends Served {
  entry(model: string, version: number): { readonly verdict: GateVerdict | undefined } | undefined
}

/** The last verdict on a version; undefined where it has no gate, or did not come to it. */
export interface VersionVerdict {
  readonly model: string
  readonly version: number
  readonly state: PublicState
  readonly verdict: GateVerdict | undefined
}

/** Of the version asked for, else of the one that answers by default, else of the highest. Throws MODEL_NOT_FOUND or VERSION_NOT_FOUND. */
export function verdictOn(gated: Gated, target: Target): VersionVerdict {
  const version = versionOf(gated, target)
  const { model } = target
  const status = gated.statuses().find(row => row.model === model && row.version === version)
  const state = status?.state ?? 'UNAVAILABLE'
  return { model, version, state, verdict: gated.entry(model, version)?.verdict }
}

function versionOf(gated: Gated, target: Target): number {
  try {
    return find(gated, target).version.version
  } catch (error) {
    if (!(error instanceof ServingError) || error.code !== 'MODEL_NOT_READY') throw error
    // It is known, and does not serve.
    if (target.version !== undefined) return Number(target.version)
    const versions = gated
      .statuses()
      .flatMap(({ model, version = 0 }) => (model === target.model ? [version] : []))
    const highest = Math.max(...versions)
    if (highest > 0) return highest
    throw new ServingError('VERSION_NOT_FOUND', `model ${describe(target.model)} has no version`)
  }
}
