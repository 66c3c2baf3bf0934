// Joins the prediction log, where it is wanted, to its files and its key.
import { randomUUID } from 'node:crypto'
import { resolve as absolute, join } from 'node:path'
import type { Clock } from './base/clock.ts'
import { keptKey } from './config/kept-key.ts'
import { LogFiles } from './config/log-files.ts'
import type { Settings } from './config/schema.ts'
import { readHashKey } from './config/secret-file.ts'
import type { StateDirectory } from './config/state-directory.ts'
import type { Metrics } from './monitoring/metrics.ts'
import { fileSink } from './monitoring/prediction-log/file-sink.ts'
import { type PredictionLog, predictionLog } from './monitoring/prediction-log/log.ts'
import type { PredictionSink } from './monitoring/prediction-log/queue.ts'

export interface PredictionParts {
  readonly state: StateDirectory
  readonly clock: Clock
  readonly logger: { warn(facts: object, message: string): void }
  readonly metrics: Metrics
  /** Instead of files. */
  readonly sink: PredictionSink | undefined
}

/** The prediction log, where there is to be one. Throws ConfigError where its key cannot be read. */
export async function predictionsOf(
  { predictionLog: wanted, stateDir }: Settings,
  parts: PredictionParts
): Promise<PredictionLog | undefined> {
  if (!wanted.enabled) return undefined
  const { state, clock, logger, metrics, sink } = parts
  const { hashKeyFile, fileBytesMax, filesMax } = wanted
  const folder = absolute(wanted.folder ?? join(state.path ?? stateDir, 'predictions'))
  const files = new LogFiles(folder)
  const append = files.append.bind(files)
  return predictionLog({
    limits: wanted,
    sampleRatio: wanted.sampleRatio,
    sink: sink ?? fileSink({ folder, fileBytesMax, filesMax, append }),
    hashKey:
      hashKeyFile === undefined
        ? await keptKey(state, 'prediction-log.key')
        : readHashKey('predictionLog.hashKeyFile', hashKeyFile),
    random: Math.random,
    newId: randomUUID,
    defer: slice => void setImmediate(slice),
    clock,
    log: logger,
    metrics
  })
}
