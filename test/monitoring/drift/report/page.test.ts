import t from 'tap'
import {
  driftReport,
  openSectionsMax,
  unfoldedMonitorsMax
} from '../../../../src/monitoring/drift/report/page.ts'
import { type DriftView, monitorStates } from '../../../../src/monitoring/drift/view.ts'
import { monitorView } from '../../../helpers/drift-monitors.ts'
import {
  driftView,
  everyState,
  hostileNames,
  hostileView,
  learningView,
  madeAt,
  manyMonitors,
  noBaselineView
} from '../../../helpers/drift-views.ts'

const report = (view: DriftView): string => driftReport(view, madeAt)

/** What people read, and what is read out: no markup, no style. */
const wordsOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/ (?:aria-label|title)="([^"]*)"/g, '>$1<')
    .replace(/<\/?(?:time|code|bdi|b|i)\b[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

const views: [string, DriftView][] = [
  ['every state', everyState()],
  ['many monitors', manyMonitors()],
  ['learning', learningView()],
  ['no baseline', noBaselineView()],
  ['nothing monitored', driftView([])],
  ...monitorStates.map((state): [string, DriftView] => [
    state,
    driftView([monitorView('a', state)], { state })
  ])
]

t.test('no page shows what a program would say', async t => {
  for (const [what, view] of views) {
    const page = report(view)
    t.notMatch(page, /NaN|undefined|Infinity|\[object/, what)
    t.notMatch(page, /\bnull\b/, what)
  }
  const odd = monitorView('a', 'critical')
  const windows = odd.windows.map(window => ({ ...window, psi: Number.NaN, chi2: Number.POSITIVE_INFINITY }))
  const timeline = [{ atMs: 0, psi: Number.NaN }]
  t.notMatch(report(driftView([{ ...odd, windows, timeline }])), /NaN|Infinity/, 'scores that are no numbers')
})

t.test('a page loads nothing and runs nothing', async t => {
  for (const [what, view] of [...views, ['hostile', hostileView()] as const]) {
    const page = report(view)
    t.notMatch(page, /<(script|iframe|object|embed|img|base|form)\b/i, what)
    const withoutTexts = page.replace(/ href="(?:data:,|#m\d+)"/g, '').replace(/"[^"]*"/g, '""')
    t.notMatch(withoutTexts, /<[^>]* (?:on\w+|href|src|srcset)=/i, what)
  }
})

t.test('texts of the view are escaped wherever they stand', async t => {
  const page = report(hostileView())
  t.match(page, '<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>')
  t.match(page, '<bdi>__proto__</bdi>')
  t.equal(page.match(/<\/style>/g)?.length, 1)
  t.equal(page.match(/<details class="monitor"/g)?.length, hostileNames.length)
  for (const illegal of ['\u0000', '\u001b', '\ud800']) t.notOk(page.includes(illegal))
})

/** The first element that is not closed where it should be. */
function unclosed(page: string): string | undefined {
  const open: string[] = []
  const elements = page
    .replace(/<style>.*?<\/style>/s, '')
    .matchAll(/<(\/?)([a-z]\w*)(?:"[^"]*"|[^">])*?(\/?)>/g)
  for (const [whole, end, tag = '', alone] of elements)
    if (end === '' && alone === '' && tag !== 'meta' && tag !== 'link') open.push(tag)
    else if (end !== '' && open.pop() !== tag) return whole
  return open.at(-1)
}

t.test('every element is closed, whatever the names', async t => {
  for (const [what, view] of [...views, ['hostile', hostileView()] as const])
    t.equal(unclosed(report(view)), undefined, what)
  t.equal(unclosed('<p><b></p>'), '</p>')
  t.equal(unclosed('<p><meta><rect/>'), 'p')
})

t.test('monitors stand in order of their severity, and each name leads to its section', async t => {
  const page = report(everyState())
  const names = [...page.matchAll(/<a href="#(m\d+)"><bdi>([^<]*)/g)].map(([, id, name]) => [id, name])
  t.strictSame(
    names.map(([, name]) => name),
    [
      'monthly_charges',
      'plan',
      'output:probability',
      'support_calls',
      'tenure_months',
      'derived:pca_residual',
      'contract'
    ]
  )
  const sections = [...page.matchAll(/<h3><bdi>([^<]*).*?id="(m\d+)"/gs)].map(([, name, id]) => [id, name])
  t.strictSame(sections, names)
})

t.test('the top says how the version is, from what it is known, and what was refused', async t => {
  const words = wordsOf(report(everyState()))
  for (const text of [
    'churn version 3',
    'Critical 1 of 7 monitors differs strongly from the baseline',
    'train-2025-10.parquet 10,000 rows, made 2 Nov 2025, 14:05 UTC, profile 9f2c41d7',
    '214,380 180,112 of them counted (84.0%)',
    'False alarms to expect: 0.5 a week.',
    'Requests rejected 56 wrong type 12 wrong shape 0 wrong name 3 out of range 41',
    '7 monitors: 1 critical, 1 with a warning, 1 with a small change, 1 with too few rows, 3 OK. Evaluated 27 Nov 2025, 07:25 UTC.',
    'Made by Kedge, 27 Nov 2025, 07:30 UTC.'
  ])
    t.match(words, text)
  t.match(wordsOf(report(driftView([]))), 'All of them were counted.')
  t.match(wordsOf(report(noBaselineView())), 'Rows seen 0 None has come yet.')
})

t.test('without a baseline the page says why, and while it learns how far it got', async t => {
  const cases: [DriftView, string[]][] = [
    [
      learningView(),
      ['Learning The baseline is being learnt', 'Baseline None 1,204 of 5,000 rows seen', 'Not evaluated yet']
    ],
    [
      noBaselineView(),
      ['No baseline There is no baseline', 'the version has no reference.json', 'Nothing is monitored yet.']
    ]
  ]
  for (const [view, texts] of cases)
    for (const text of texts) t.match(wordsOf(report(view)), text, view.state)
})

t.test('what needs no look is folded where there is much of it', async t => {
  const openGroups = (count: number): number => {
    const monitors = Array.from({ length: count }, (_, index) => monitorView(`m${index}`, 'ok'))
    return report(driftView(monitors)).match(/<details class="group" open>/g)?.length ?? 0
  }
  t.equal(openGroups(unfoldedMonitorsMax), 2, 'of the summary and of the sections')
  t.equal(openGroups(unfoldedMonitorsMax + 1), 0)
  const all = Array.from({ length: openSectionsMax + 5 }, (_, index) => monitorView(`m${index}`, 'critical'))
  const page = report(driftView(all))
  t.equal(page.match(/<details class="monitor" open>/g)?.length, openSectionsMax)
  t.equal(page.match(/<details class="monitor">/g)?.length, 5)
})

t.test('a page of a hundred monitors stays small', async t => {
  const bytes = Buffer.byteLength(report(manyMonitors()))
  t.ok(bytes < 3_000_000, `${bytes} bytes`)
})
