// The image's health check: asks the ready route of the Kedge in this container. No shell and no curl needed.
// Kubernetes sets KEDGE_PORT to an address of its own where a Service is called kedge.
const given = process.env.KEDGE_PORT ?? ''
const port = /^\d+$/.test(given) ? given : '8080'

try {
  const response = await fetch(`http://127.0.0.1:${port}/v2/health/ready`, {
    signal: AbortSignal.timeout(2000)
  })
  process.exitCode = response.ok ? 0 : 1
} catch {
  process.exitCode = 1
}
