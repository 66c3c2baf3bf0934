// Counts HTTP requests by route pattern, method and status. Routes come from the server's own table, so label values are bounded.
import type { Metrics } from './metrics.ts'

export type CountHttp = (route: string, method: string, status: number, durationMs: number) => void

interface Row {
  readonly total: Float64Array
  readonly seconds: Float64Array
}

export function httpCounts(metrics: Metrics): CountHttp {
  const total = metrics.counter('kedge_http_requests_total')
  const seconds = metrics.histogram('kedge_http_request_duration_seconds')
  // A map in a map in a map: a key made of all three would be a new string to hash with each request.
  const rows = new Map<string, Map<string, Map<number, Row>>>()

  function rowFor(route: string, method: string, status: number): Row {
    const labels = { route, method, status: String(status) }
    const row = { total: total.row(labels), seconds: seconds.row(labels) }
    const methods = rows.get(route) ?? new Map<string, Map<number, Row>>()
    const statuses = methods.get(method) ?? new Map<number, Row>()
    rows.set(route, methods.set(method, statuses.set(status, row)))
    return row
  }

  return (route, method, status, durationMs) => {
    const row = rows.get(route)?.get(method)?.get(status) ?? rowFor(route, method, status)
    row.total[0]! += 1
    seconds.observe(row.seconds, durationMs / 1000)
  }
}
