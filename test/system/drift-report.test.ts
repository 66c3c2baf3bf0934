// The drift report as people see it: in Chromium, on a desk and on a phone, by day and by night, and on paper.
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import t from 'tap'
import { drawnBins } from '../../src/monitoring/drift/report/bins.ts'
import { driftReport } from '../../src/monitoring/drift/report/page.ts'
import {
  everyState,
  hostileView,
  learningView,
  madeAt,
  manyMonitors,
  noBaselineView
} from '../helpers/drift-views.ts'
import { proportional } from '../helpers/svg.ts'
import { screenshotPath, servePages, startBrowser } from './browser.ts'

const views = {
  'every-state': everyState(),
  'many-monitors': manyMonitors(),
  hostile: hostileView(),
  learning: learningView(),
  'no-baseline': noBaselineView()
}
const pages = new Map(Object.entries(views).map(([name, view]) => [name, driftReport(view, madeAt)]))

const wide = { width: 1280, height: 900 }
const narrow = { width: 360, height: 740 }

/** Functions that the page's own elements are asked with; the tests' types know no DOM. */
const unfoldAll = 'for (const each of document.querySelectorAll("details")) each.open = true'
const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
const textsOutside = `[...document.querySelectorAll('svg text')].filter(text => {
  const { left, right, width } = text.getBoundingClientRect()
  return width > 0 && text.closest('svg svg') === null && (left < 0 || right > innerWidth + 0.5)
}).map(text => text.textContent)`
const barsUnderNumbers = `[...document.querySelectorAll('svg.rows .bin')].filter(bin => {
  const ends = [...bin.querySelectorAll('rect')].map(bar => bar.getBoundingClientRect().right)
  return Math.max(...ends) > bin.querySelector('.share').getBoundingClientRect().left
}).map(bin => bin.textContent)`
const tablesThatScroll = `[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth).length`
const ground = 'getComputedStyle(document.body).backgroundColor'

/** The sizes of what a selector finds, as they are drawn. */
const boxes = (page: Page, selector: string): Promise<{ width: number; height: number }[]> =>
  page.evaluate(`[...document.querySelectorAll('${selector}')].map(each => {
    const { width, height } = each.getBoundingClientRect()
    return { width, height }
  })`)

/** Texts that are visible. */
const shown = (page: Page, selector: string): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('${selector}')]
    .filter(each => each.checkVisibility()).map(each => each.textContent)`)

t.test('every page is whole on a desk and on a phone, by day and by night', async t => {
  const address = await servePages(t, pages)
  const visit = await startBrowser(t)
  const grounds = { light: 'rgb(253, 252, 250)', dark: 'rgb(21, 24, 27)' } as const
  for (const name of pages.keys())
    for (const viewport of [wide, narrow])
      for (const colorScheme of ['light', 'dark'] as const) {
        const what = `${name}-${viewport.width}-${colorScheme}`
        const { page, complaints } = await visit(`${address}/${name}`, { viewport, colorScheme })
        await page.screenshot({ path: screenshotPath(`drift-${what}.png`), fullPage: true })
        t.equal(await page.evaluate(overflow), 0, `${what} is not wider than its window`)
        t.equal(await page.evaluate(ground), grounds[colorScheme], what)
        await page.evaluate(unfoldAll)
        t.equal(await page.evaluate(overflow), 0, `${what} is not wider than its window when it is unfolded`)
        t.strictSame(await page.evaluate(textsOutside), [], what)
        t.strictSame(await page.evaluate(barsUnderNumbers), [], what)
        t.equal(await page.evaluate(tablesThatScroll), 0, what)
        t.strictSame(complaints, [], what)
        await page.context().close()
      }
})

t.test('the charts show what the view says', async t => {
  const address = await servePages(t, pages)
  const visit = await startBrowser(t)
  const [worst, , plan] = [views['every-state'].monitors[2]!, undefined, views['every-state'].monitors[1]!]
  const marks: number[] = []
  for (const viewport of [wide, narrow]) {
    const { page } = await visit(`${address}/every-state`, { viewport })
    const { bins } = drawnBins(worst)!
    const columns = await boxes(page, '#m1 svg.columns rect.current')
    t.equal(columns.length, 20)
    t.ok(
      proportional(
        columns.map(({ height }) => height),
        bins.map(({ current }) => current!)
      )
    )
    t.equal((await boxes(page, '#m1 svg.columns rect.reference')).length, 20)

    const rows = await boxes(page, '#m2 svg.rows rect.current')
    t.ok(
      proportional(
        rows.map(({ width }) => width),
        drawnBins(plan)!.bins.map(({ current }) => current!)
      )
    )
    t.strictSame((await shown(page, '#m2 svg.rows .name')).slice(0, 4), [
      'basic',
      'family',
      'student',
      'premium'
    ])

    marks.push((await shown(page, '#m1 svg.columns text.x')).length)
    t.strictSame(await shown(page, '#m1 svg.timeline text.threshold'), ['warning 0.1', 'critical 0.2'])
    t.equal((await boxes(page, '#m1 path.psi')).length, 2, 'with a gap')
    await page.context().close()
  }
  t.ok(marks[0]! > marks[1]! && marks[1]! >= 3, `${marks.join(' and ')} edges are named`)
})

t.test('a link unfolds the section that it leads to', async t => {
  const address = await servePages(t, pages)
  const visit = await startBrowser(t)
  const { page } = await visit(`${address}/many-monitors`, { viewport: wide })
  const target = page.locator('#m100')
  t.equal(await target.isVisible(), false)
  await page.locator('.group summary', { hasText: 'OK' }).first().click()
  await page.locator('a[href="#m100"]').click()
  await target.waitFor({ state: 'visible' })
  t.match(await page.locator('#m100').textContent(), 'PSI over time')
})

t.test('on paper everything is unfolded, on white', async t => {
  const address = await servePages(t, pages)
  const visit = await startBrowser(t)
  const { page } = await visit(`${address}/every-state`, { viewport: wide, colorScheme: 'dark' })
  const folded = '#m7 svg.plot'
  t.strictSame(await shown(page, folded), [])
  const path = screenshotPath('drift-every-state.pdf')
  await page.pdf({ path, format: 'A4' })
  t.equal(readFileSync(path, 'latin1').slice(0, 5), '%PDF-')
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  t.equal((await shown(page, folded)).length, 2, 'both charts of the last monitor')
  t.equal(await page.evaluate(ground), 'rgb(255, 255, 255)')
})
