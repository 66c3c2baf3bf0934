// Whether a request comes from this machine, and from nobody else through it: neither a proxy nor a page of another site in a browser.
import type { FastifyRequest } from 'fastify'

/** What proxies add. */
const forwarding = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'x-real-ip',
  'via'
]

/** What a proxy on this machine sends on comes from elsewhere, unless the proxy is trusted and says otherwise. */
export function isLocal({ socket, ip, headers }: FastifyRequest): boolean {
  if (!isOwn(socket.remoteAddress) || isFromOtherSite(headers)) return false
  const isForwarded = forwarding.some(name => headers[name] !== undefined)
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

/** The other addresses of the loopback network are those of sidecars, which send on what comes from elsewhere. */
function isOwn(address: string | undefined): boolean {
  return address === '::1' || address === '127.0.0.1' || address === '::ffff:127.0.0.1'
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address))
}
