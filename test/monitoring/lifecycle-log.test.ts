import t from 'tap'
import { failuresShownMax, type Log, lifecycleLog } from '../../src/monitoring/lifecycle-log.ts'
import { lifecycleEvent, verdict } from '../helpers/fakes.ts'

function bench() {
  const said: [level: string, message: string, facts: object][] = []
  const at = (level: string) => (facts: object, message: string) => void said.push([level, message, facts])
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { said, listen: lifecycleLog(log) }
}

t.test('each event is said at the level it deserves, with its cause', t => {
  const { said, listen } = bench()
  const event = lifecycleEvent({ cause: 'files' })
  listen({ ...event, to: 'ready', loadMs: 12.6 })
  listen({ ...event, to: 'ready', reason: 'zeros failed' })
  listen({ ...event, to: 'ready', verdict: verdict({ warnings: ['slow'] }) })
  listen({ ...event, to: 'failed', reason: 'broken' })
  listen({ ...event, to: 'loading' })
  listen({ ...event, to: 'unloaded', cause: 'api:ci' })
  t.match(said, [
    ['info', 'version ready', { model: 'm', version: 1, loadMs: 13, cause: 'files', gate: undefined }],
    ['warn', 'version ready, with a warning', { reason: 'zeros failed' }],
    ['warn', 'version ready, with a warning', { gate: { passed: true, warnings: ['slow'] } }],
    ['error', 'version failed (warming)', { reason: 'broken', cause: 'files' }],
    ['debug', 'version loading', {}],
    ['info', 'version unloaded', { cause: 'api:ci' }]
  ])
  t.end()
})

t.test('labels that come, move and go', async t => {
  const { said, listen } = bench()
  const move = { type: 'label', model: 'm', label: 'stable', cause: 'files' } as const
  listen({ ...move, from: undefined, to: 1 })
  listen({ ...move, from: 1, to: 2 })
  listen({ ...move, from: 2, to: undefined })
  const facts = { model: 'm', label: 'stable', cause: 'files' }
  t.match(said, [
    ['info', 'label set', { ...facts, to: 1 }],
    ['info', 'label moved', { ...facts, from: 1, to: 2 }],
    ['info', 'label gone', { ...facts, from: 2 }]
  ])
})

t.test('a gate that failed is said with its first rows, whose values are short', async t => {
  const failures = Array.from({ length: failuresShownMax }, (_, row) => ({
    row,
    output: 'y',
    problem: 'differs',
    expected: [2n ** 60n, row],
    got: new Array(1000).fill(Number.NaN)
  }))
  const file = { kind: 'case', passed: false, rows: 9, rowsLeftOut: 0 } as const
  const whole = { row: undefined, output: undefined, problem: 'no output z' }
  const files = [
    { ...file, file: 'gate/a.yaml', failures: [whole], failuresLeftOut: 0 },
    { ...file, file: 'gate/b.yaml', failures, failuresLeftOut: 5 }
  ]
  const { said, listen } = bench()
  listen(
    lifecycleEvent({
      from: 'gating',
      to: 'failed',
      reason: 'no',
      verdict: verdict({ passed: false, summary: 'no', files })
    })
  )
  const [level, message, facts] = said[0]!
  t.strictSame([level, message], ['error', 'version failed (gating)'])
  const { gate } = facts as { gate: { failures: { got?: string; expected?: string }[] } }
  t.match(gate, { passed: false, summary: 'no', warnings: undefined, failuresLeftOut: 6 })
  t.equal(gate.failures.length, failuresShownMax)
  t.match(gate.failures[0], {
    file: 'gate/a.yaml',
    problem: 'no output z',
    expected: undefined,
    got: undefined
  })
  t.match(gate.failures[1], {
    file: 'gate/b.yaml',
    row: 0,
    output: 'y',
    expected: '["1152921504606846976",0]'
  })
  t.ok(gate.failures[1]!.got!.length < 300)
})

t.test('a gate that passed has no rows to show', async t => {
  const { said, listen } = bench()
  listen(lifecycleEvent({ verdict: verdict() }))
  const gate = { passed: true, summary: '3 rows passed', warnings: undefined, failures: undefined }
  t.match(said, [['info', 'version ready', { gate: { ...gate, failuresLeftOut: undefined } }]])
})
