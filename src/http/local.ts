// Whether a request comes from this machine, and from nobody else through it: neither a proxy nor a page of another site in a browser.
import type { FastifyRequest } from 'fastify'

/** What a proxy on this machine sends on comes from elsewhere, unless the proxy is trusted and says otherwise. */
export function isLocal({ socket, ip, headers }: FastifyRequest): boolean {
  if (!isLoopback(socket.remoteAddress) || isFromOtherSite(headers)) return false
  const isForwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some(
    name => headers[name] !== undefined
  )
  return isForwarded ? ip !== socket.remoteAddress && isLoopback(ip) : true
}

/**
 * Any page may have the browser of whoever looks at it send requests to this machine: under its own origin, or by a name of its own
 * that it has lead here (DNS rebinding).
 */
function isFromOtherSite({ host = 'localhost', origin }: FastifyRequest['headers']): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  if (name !== 'localhost' && !isLoopback(name)) return true
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address))
}
