import t from 'tap'
import { summaryTable } from '../../../../src/monitoring/drift/report/summary-table.ts'
import type { MonitorView } from '../../../../src/monitoring/drift/view.ts'
import { emptyWindow, monitorView } from '../../../helpers/drift-monitors.ts'
import { elements, numberOf } from '../../../helpers/svg.ts'

const rowOf = (monitor: MonitorView): string => summaryTable([{ monitor, id: 'm1' }]).text
const textOf = (row: string, of: string): string =>
  new RegExp(`class="${of}"[^>]*>(.*?)</td>`, 's')
    .exec(row)![1]!
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

t.test('a row says what decided, and by how much', async t => {
  const window = { ...monitorView('a', 'ok').windows[1]!, psi: 0.3124, rows: 1400, effectiveRows: 1200 }
  const base = { windows: [window], window: '1h' }
  const cases: [MonitorView, { window: string; psi: string; rows: string }][] = [
    [
      monitorView('a', 'critical', base),
      { window: '1h', psi: '0.312 critical from 0.2', rows: '1,200 of 1,400' }
    ],
    [
      monitorView('a', 'warning', base),
      { window: '1h', psi: '0.312 warning from 0.1', rows: '1,200 of 1,400' }
    ],
    [
      monitorView('a', 'ok', { ...base, windows: [{ ...window, effectiveRows: 1400 }] }),
      { window: '1h', psi: '0.312 warning from 0.1', rows: '1,400' }
    ],
    [
      monitorView('a', 'insufficient_data', {
        windows: [{ ...window, severity: 'insufficient_data', effectiveRows: 12, rowsMin: 512.3 }]
      }),
      { window: '–', psi: '–', rows: '12 needs 513' }
    ],
    [
      monitorView('a', 'insufficient_data', { windows: [emptyWindow('1h', 20)] }),
      { window: '–', psi: '–', rows: '–' }
    ],
    [monitorView('a', 'learning'), { window: '–', psi: '–', rows: '–' }]
  ]
  for (const [monitor, { window, psi, rows }] of cases) {
    const row = rowOf(monitor)
    t.strictSame(
      [textOf(row, 'of-window'), textOf(row, 'of-psi'), textOf(row, 'of-rows')],
      [window, psi, rows]
    )
    t.equal(textOf(row, 'of-text'), monitor.explanation)
    t.match(row, '<a href="#m1"><bdi>a</bdi></a>')
  }
})

t.test('the meter ends at one and a half times the critical threshold', async t => {
  const meterOf = (psi: number): number => {
    const monitor = monitorView('a', 'critical')
    const row = rowOf({ ...monitor, window: '1h', windows: [{ ...monitor.windows[1]!, psi }] })
    return numberOf(elements(row, 'rect', 'value')[0], 'width')
  }
  for (const [psi, percent] of [
    [0, 0],
    [0.1, 33.33],
    [0.2, 66.67],
    [0.3, 100],
    [9, 100]
  ] as const)
    t.equal(meterOf(psi), percent, String(psi))
})
