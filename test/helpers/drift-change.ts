// A change of drift as a detector would report it.
import type { DriftChange } from '../../src/monitoring/drift/change.ts'

export function driftChange(over: Partial<DriftChange> = {}): DriftChange {
  return {
    model: 'churn',
    version: 3,
    feature: 'age',
    from: 'ok',
    to: 'warning',
    window: '1h',
    psi: 0.143,
    threshold: 0.1,
    effectiveRows: 2400,
    profile: '9f86d081',
    atMs: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
    ...over
  }
}
