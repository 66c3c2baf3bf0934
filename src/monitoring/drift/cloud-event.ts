// A change of drift as an event that others can route: CloudEvents 1.0 in structured JSON mode, signed as Standard Webhooks has it.
// Pure. The formats: https://github.com/cloudevents/spec and https://www.standardwebhooks.com.
import { createHmac } from 'node:crypto'
import { jsonSafe } from '../../base/json-safe.ts'
import type { DriftChange } from './change.ts'

const driftEventType = 'dev.kedge.drift.state-changed.v1'
export const cloudEventMediaType = 'application/cloudevents+json'

export interface CloudEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  /** RFC 3339. */
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: unknown
}

/** The event of `change`. Whatever is not known is left out of its data. */
export function driftEvent(change: DriftChange, id: string): CloudEvent {
  const { atMs, ...data } = change
  return {
    specversion: '1.0',
    id,
    source: `/models/${encodeURIComponent(change.model)}/versions/${change.version}`,
    type: driftEventType,
    subject: change.feature,
    time: new Date(atMs).toISOString(),
    datacontenttype: 'application/json',
    data: jsonSafe(data)
  }
}

/** `v1,` and the base64 of the HMAC-SHA256 of id, time in seconds since the epoch and body, joined by dots. */
export function webhookSignature(key: Uint8Array, id: string, atSeconds: number, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${atSeconds}.${body}`).digest('base64')}`
}
