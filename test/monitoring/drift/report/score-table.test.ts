import t from 'tap'
import { rateTable, scoreTable } from '../../../../src/monitoring/drift/report/score-table.ts'
import type { MonitorView } from '../../../../src/monitoring/drift/view.ts'
import { emptyWindow, monitorView, rateView } from '../../../helpers/drift-monitors.ts'

/** The cells of every row, as texts: the heading first. */
function rowsOf(table: string): string[][] {
  return table.match(/<tr.*?<\/tr>/gs)!.map(row =>
    row.match(/<t[hd].*?<\/t[hd]>/gs)!.map(cell =>
      cell
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
    )
  )
}

const known: MonitorView = monitorView('a', 'critical', {
  windows: [
    emptyWindow('10m', 20),
    {
      ...monitorView('a', 'critical').windows[1]!,
      rows: 1400,
      effectiveRows: 1200.4,
      rowsMin: 513,
      psi: 0.3124,
      psiP: 1e-9,
      ks: 0.2,
      ksP: 0.04,
      chi2: 412.3,
      chi2P: 2e-4,
      jsBase2: 0.21,
      wasserstein: 1.5,
      linf: 0.15,
      linfBin: 0,
      severity: 'critical'
    }
  ]
})

t.test('each window is a column of all its scores, with dashes where it has none', async t => {
  const table = scoreTable(known)!.text
  t.strictSame(rowsOf(table), [
    ['Window', '10m', '1h decides'],
    ['State', 'Too few rows', 'Critical'],
    ['Rows', '0', '1,400'],
    ['Effective rows', '0', '1,200'],
    ['Rows needed', '513', '513'],
    ['PSI', '–', '0.312'],
    ['p', '–', '1·10⁻⁹'],
    ['χ²', '–', '412'],
    ['p', '–', '2·10⁻⁴'],
    ['KS', '–', '0.200'],
    ['p', '–', '0.040'],
    ['W/σ', '–', '1.50'],
    ['JS, base 2', '–', '0.210'],
    ['L∞', '–', '0.150'],
    ['in bin', '–', 'below 14.7']
  ])
  t.strictSame(
    table.match(/<b>[^<]*<\/b>/g),
    ['<b>1·10⁻⁹</b>', '<b>bold</b>'],
    'alpha itself is no longer significant'
  )
  t.match(table, 'below 2·10⁻⁴ it counts as significant')
})

t.test('categories have no scores that need an order', async t => {
  const names = rowsOf(scoreTable({ ...known, kind: 'categorical' })!.text).map(([name]) => name)
  t.strictSame(names.slice(5), ['PSI', 'p', 'χ²', 'p', 'JS, base 2', 'L∞', 'in bin'])
})

t.test('without a deciding window the table says so, without windows there is none', async t => {
  t.match(scoreTable({ ...known, window: undefined })!.text, 'No window has enough rows to decide.')
  t.notMatch(scoreTable(known)!.text, 'No window')
  t.equal(scoreTable({ ...known, windows: [] }), undefined)
})

t.test('rates stand beside those of the reference, and what is too many is marked', async t => {
  const windows = [
    emptyWindow('10m', 20),
    {
      ...known.windows[1]!,
      rates: [
        rateView('unseen', 0, 1400),
        { ...rateView('missing', 140, 1400), referenceShare: 0.02, p: 1e-5, severity: 'critical' as const }
      ]
    }
  ]
  t.strictSame(rowsOf(rateTable({ ...known, windows })!.text), [
    ['Share of rows', 'refer&shy;ence', '10m', '1h decides'],
    ['missing', '2.0%', '–', '10.0% 140 p 1·10⁻⁵ Critical'],
    ['unseen value', '1.0%', '–', '0% 0']
  ])
  t.equal(rateTable({ ...known, windows: [emptyWindow('10m', 20)] }), undefined)
})
