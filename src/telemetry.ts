// Joins OpenTelemetry to the settings. Without an endpoint none of it is loaded, and no request meets anything of it.
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/schema.ts'
import type { Tracing } from './monitoring/tracing.ts'

export interface TelemetryOptions {
  readonly clock: Clock
  readonly version: string
  readonly log: {
    info(facts: object, message: string): void
    warn(facts: object, message: string): void
  }
  readonly render: () => Promise<string>
}

export interface Telemetry {
  readonly tracing: Tracing | undefined
  close(): Promise<void>
}

/** Undefined where nothing is sent. */
export async function makeTelemetry(
  { otel: { endpoint, ...otel } }: Pick<Settings, 'otel'>,
  { clock, version, log, render }: TelemetryOptions
): Promise<Telemetry | undefined> {
  if (endpoint === undefined) return undefined
  const { startExport } = await import('./monitoring/otlp/export.ts')
  log.info({ endpoint, signals: otel.signals }, 'telemetry is sent by OTLP')
  const onProblem = (problem: string): void =>
    log.warn({ endpoint, problem }, 'telemetry could not be sent, and is lost')
  return startExport({ endpoint, ...otel, version, clock, startedMs: clock.now(), render, onProblem })
}
