// The settings of what is written down of predictions, where changes of drift are told, and where telemetry goes: all of that leaves the
// process, so it is off until somebody asks for it.
import { z } from 'zod'
import { byteSize, choice, decimal, integer, optionalText, optionalUrl, text, toggle } from './leaf.ts'

const KiB = 2 ** 10
const MiB = 2 ** 20
const GiB = 2 ** 30

export const otelSettings = z
  .strictObject({
    endpoint: optionalUrl(
      'OpenTelemetry collector, such as http://localhost:4318; without it nothing is sent'
    ),
    signals: choice(['all', 'traces', 'metrics'], 'all', 'what is sent to it'),
    traceRatio: decimal(1, 0, 1, 'share of the requests that is traced, where the caller does not say'),
    metricsIntervalMs: integer(60_000, 1000, 3_600_000, 'time from one sending of metrics to the next'),
    serviceName: text('kedge', 'service.name, where OTEL_SERVICE_NAME says no other')
  })
  .prefault({})

export const predictionLogSettings = z
  .strictObject({
    enabled: toggle('write requests and their answers to the prediction log'),
    folder: optionalText('folder of the prediction log; without it predictions in the state directory'),
    sampleRatio: decimal(1, 0, 1, 'share of the requests that is logged, where model.yaml says no other'),
    hashKeyFile: optionalText(
      'file with the key of hashed values; without it a random one is kept in the state directory'
    ),
    fileBytesMax: byteSize(64 * MiB, MiB, 64 * GiB, 'the prediction log begins a new file at this size'),
    filesMax: integer(8, 1, 1000, 'files of the prediction log that are kept, the current one included'),
    rowsPerRequestMax: integer(64, 1, 65_536, 'rows of one request that are logged'),
    recordBytesMax: byteSize(64 * KiB, 4 * KiB, MiB, 'largest record; rows are left out of a larger one'),
    queueBytesMax: byteSize(
      16 * MiB,
      MiB,
      4 * GiB,
      'records that wait for the disk; more are dropped and counted'
    ),
    elementsPerTensorMax: integer(
      16_384,
      1,
      1_000_000,
      'elements of one tensor that are logged; of a larger row only datatype and shape are'
    )
  })
  .prefault({})

export const driftWebhookSettings = z
  .strictObject({
    url: optionalUrl('where changes of drift are posted as CloudEvents; without it nowhere'),
    secretFile: optionalText('file with the secret that signs them, whsec_ and base64; without it unsigned'),
    timeoutMs: integer(10_000, 100, 600_000, 'time for one attempt to deliver'),
    attemptsMax: integer(6, 1, 100, 'attempts to deliver one event'),
    retryMs: integer(1000, 1, 3_600_000, 'longest pause before the second attempt; it doubles with each'),
    queueMax: integer(256, 1, 100_000, 'events that wait; more are dropped and counted'),
    minState: choice(
      ['significant_small', 'warning', 'critical'],
      'warning',
      'mildest state whose beginning and end are told'
    )
  })
  .prefault({})
