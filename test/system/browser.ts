// Chromium under playwright, and pages for it: served from this machine with the security policy that the server gives its pages.
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { pagePolicies } from '../../src/http/page.ts'
import { chromiumPath } from './tools.ts'

const screenshots = join(projectFolder, '.cache', 'screenshots')

/** The path of a picture that people may look at once the tests are over. */
export function screenshotPath(file: string): string {
  mkdirSync(screenshots, { recursive: true })
  return join(screenshots, file)
}

/** Serves each page at its name; the address of the server. */
export async function servePages(t: Test, pages: ReadonlyMap<string, string>): Promise<string> {
  const server = createServer((request, response) => {
    const page = pages.get((request.url ?? '').slice(1))
    response.writeHead(page === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicies.whole
    })
    response.end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Visit {
  readonly page: Page
  /** Errors in the console, failed requests, and requests for anything but the page. */
  readonly complaints: readonly string[]
}

/** A browser for one test file; its function opens an address in a window of its own. */
export async function startBrowser(
  t: Test
): Promise<(address: string, options: BrowserContextOptions) => Promise<Visit>> {
  // Chromium keeps no sandbox for root, and nothing but the page may be asked for.
  const quiet = ['networking', 'timer-throttling'].map(what => `--disable-background-${what}`)
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-component-update', ...quiet]
  })
  t.teardown(() => browser.close())
  return async (address, options) => {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', message => complaints.push(`console: ${message.text()}`))
    page.on('pageerror', error => complaints.push(`error: ${error.message}`))
    page.on('requestfailed', request => complaints.push(`failed: ${request.url()}`))
    page.on('request', request => {
      if (request.url().split('#')[0] !== address && !request.url().startsWith('data:'))
        complaints.push(`asked for ${request.url()}`)
    })
    await page.goto(address)
    return { page, complaints }
  }
}
