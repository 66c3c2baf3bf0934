// Counts HTTP requests by route pattern, method and status. Routes come from the server's own table, so label values are bounded.
import type { Metrics } from './metrics.ts'

export type CountHttp = (route: string, method: string, status: number, durationMs: number) => void

export function httpCounts(metrics: Metrics): CountHttp {
  const total = metrics.counter('kedge_http_requests_total')
  const seconds = metrics.histogram('kedge_http_request_duration_seconds')
  const rows = new Map<string, { readonly total: Float64Array; readonly seconds: Float64Array }>()
  return (route, method, status, durationMs) => {
    const key = `${method} ${status} ${route}`
    let row = rows.get(key)
    if (row === undefined) {
      const labels = { route, method, status: String(status) }
      row = { total: total.row(labels), seconds: seconds.row(labels) }
      rows.set(key, row)
    }
    row.total[0]! += 1
    seconds.observe(row.seconds, durationMs / 1000)
  }
}
