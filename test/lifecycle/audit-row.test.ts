import t from 'tap'
import { type AuditEvent, auditRow, rowBytesMax } from '../../src/lifecycle/audit-row.ts'
import { states } from '../../src/lifecycle/state.ts'
import { lifecycleEvent, verdict } from '../helpers/fakes.ts'

const timeMs = Date.UTC(2026, 10, 23, 14, 30)
const time = '2026-11-23T14:30:00.000Z'

/** A row as it is written: facts that are not there are left out. */
const written = (event: AuditEvent): unknown => {
  const row = auditRow(event, timeMs)
  return row === undefined ? undefined : JSON.parse(JSON.stringify(row))
}

const digests = { 'model.onnx': 'ab'.repeat(32) }
const request = { type: 'request', model: 'm', by: 'ci', code: undefined, reason: undefined } as const

const cases: [what: string, event: AuditEvent, row: object][] = [
  [
    'a version that became ready',
    lifecycleEvent({ to: 'ready', loadMs: 12.6, digests, verdict: verdict(), cause: 'files' }),
    {
      time,
      event: 'ready',
      model: 'm',
      version: 1,
      cause: 'files',
      loadMs: 13,
      gate: { verdict: 'passed', summary: '3 rows passed' },
      digests
    }
  ],
  [
    'one without a gate, with a warning',
    lifecycleEvent({ to: 'ready', reason: 'zeros failed' }),
    {
      time,
      event: 'ready',
      model: 'm',
      version: 1,
      cause: 'start',
      reason: 'zeros failed',
      gate: { verdict: 'none' }
    }
  ],
  [
    'one that its gate kept out',
    lifecycleEvent({
      to: 'failed',
      from: 'gating',
      reason: 'gate',
      verdict: verdict({ passed: false, summary: 'no' })
    }),
    {
      time,
      event: 'failed',
      model: 'm',
      version: 1,
      cause: 'start',
      reason: 'gate',
      gate: { verdict: 'failed', summary: 'no' }
    }
  ],
  [
    'one that went: its gate is no news',
    lifecycleEvent({ to: 'unloaded', cause: 'api:ci', verdict: verdict() }),
    { time, event: 'unloaded', model: 'm', version: 1, cause: 'api:ci' }
  ],
  [
    'a label that came',
    { type: 'label', model: 'm', label: 'stable', from: undefined, to: 3, cause: 'start' },
    { time, event: 'label', model: 'm', cause: 'start', label: 'stable', to: 3 }
  ],
  [
    'a label that went',
    { type: 'label', model: 'm', label: 'stable', from: 3, to: undefined, cause: 'files' },
    { time, event: 'label', model: 'm', cause: 'files', label: 'stable', from: 3 }
  ],
  [
    'a request that was done',
    { ...request, action: 'unload', outcome: 'accepted' },
    { time, event: 'unload', model: 'm', cause: 'api:ci', outcome: 'accepted' }
  ],
  [
    'a request that was not',
    { ...request, action: 'load', outcome: 'refused', code: 'CONTROL_REFUSED', reason: 'poll' },
    {
      time,
      event: 'load',
      model: 'm',
      cause: 'api:ci',
      outcome: 'refused',
      code: 'CONTROL_REFUSED',
      reason: 'poll'
    }
  ]
]

for (const [what, event, row] of cases)
  t.test(what, async t => {
    t.strictSame(written(event), row)
  })

t.test('only what lasts is recorded', async t => {
  const recorded = states.filter(to => auditRow(lifecycleEvent({ to }), timeMs) !== undefined)
  t.strictSame(recorded, ['ready', 'unloaded', 'failed'])
})

t.test('a row has a bound, whatever it is about', async t => {
  const many = Object.fromEntries(
    Array.from({ length: 2000 }, (_, index) => [`part-${index}`, 'ab'.repeat(32)])
  )
  const long = 'ä'.repeat(100_000)
  const state = lifecycleEvent({
    to: 'failed',
    reason: long,
    digests: many,
    verdict: verdict({ summary: long })
  })
  const row = auditRow(state, timeMs)
  t.ok(Buffer.byteLength(JSON.stringify(row)) < rowBytesMax)
  t.match(row, {
    digests: undefined,
    digestsLeftOut: 2000,
    reason: /^ä{4096}…$/,
    gate: { summary: /^ä{1024}…$/ }
  })
  const asked = auditRow(
    { ...request, action: 'load', outcome: 'refused', model: long, reason: long },
    timeMs
  )
  t.match(asked, { model: /^ä{128}…$/, reason: /^ä{4096}…$/ })
  const few = Object.fromEntries(Object.entries(many).slice(0, 500))
  t.match(auditRow(lifecycleEvent({ to: 'ready', digests: few }), timeMs), {
    digests: few,
    digestsLeftOut: undefined
  })
})
