import t from 'tap'
import { timeMarks } from '../../../../src/monitoring/drift/report/time-axis.ts'

t.test('marks stand at round times of the span, at most four', async t => {
  const cases: [from: string, to: string, texts: string[]][] = [
    ['2025-11-26T07:10Z', '2025-11-26T07:50Z', ['07:15', '07:30', '07:45']],
    ['2025-11-26T07:00Z', '2025-11-27T07:00Z', ['12:00', '18:00', '27 Nov', '06:00']],
    ['2025-11-25T19:45Z', '2025-11-27T07:30Z', ['26 Nov', '12:00', '27 Nov']],
    ['2025-11-20T03:00Z', '2025-11-27T03:00Z', ['22 Nov', '24 Nov', '26 Nov']],
    ['2025-11-26T07:30Z', '2025-11-26T07:30Z', ['07:30']]
  ]
  for (const [from, to, texts] of cases) {
    const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
    const marks = timeMarks(fromMs, toMs)
    t.strictSame(
      marks.map(({ text }) => text),
      texts,
      `${from} to ${to}`
    )
    t.ok(marks.every(({ atMs }) => atMs >= fromMs && atMs <= toMs))
  }
})

t.test('no span is too long', async t => {
  const marks = timeMarks(0, Date.parse('2200-01-01T00:00Z'))
  t.ok(marks.length > 0 && marks.length <= 4)
})
