// Joins what stands around the server to the settings: who may call, over what, and where it is told what they did.
import { type AccessOptions, type KnownAccess, makeAccess } from './access.ts'
import { build } from './build.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import type { Settings } from './config/schema.ts'
import { makeTelemetry, type Telemetry } from './telemetry.ts'

/** Each is absent where the settings do not ask for it. */
export interface Edge {
  readonly access: KnownAccess | undefined
  readonly certificates: Certificates | undefined
  readonly telemetry: Telemetry | undefined
}

/** Throws ConfigError for files that cannot be used. */
export async function makeEdge(settings: Settings, options: AccessOptions): Promise<Edge> {
  const { clock, log, metrics } = options
  return {
    access: makeAccess(settings, options),
    certificates: makeCertificates(settings, options),
    telemetry: await makeTelemetry(settings, {
      clock,
      log,
      version: build.version,
      render: () => metrics.render()
    })
  }
}
