// Two doors: the server's own, and one for administration and metrics, where that is apart. What is behind one is not there behind the other.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer, Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { ServingError } from '../errors/serving-error.ts'
import { answerBrokenRequest, watchConnections } from './plugins/connections.ts'
import { prependOnRequest } from './scope.ts'

/** A certificate, its key, and the authority of clients where these need one of their own. */
export interface CertificateFiles {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca: Buffer | undefined
}

const throughAdminDoor = new WeakSet<IncomingMessage>()

/** Routes that are registered on `app` afterwards and are for administration or metrics answer behind the other door alone, and no others do. */
export function keepDoorsApart(app: FastifyInstance): void {
  app.addHook('onRoute', route => {
    const { scope } = route.config ?? {}
    const isForAdmins = scope === 'admin' || route.url === '/metrics'
    // Probes are welcome at either.
    if (scope === 'open') return
    prependOnRequest(route, (request, _reply, done) => {
      if (throughAdminDoor.has(request.raw) === isForAdmins) return done()
      const where = isForAdmins ? 'the address for administration' : 'the main address'
      done(new ServingError('ROUTE_NOT_FOUND', `this route is at ${where} only`))
    })
  })
}

/** A server behind the other door, which listens to nothing yet and closes with `app`. */
export function adminServer(
  app: FastifyInstance,
  options: ServerOptions,
  certificates: CertificateFiles | undefined
): Server {
  const listener = (request: IncomingMessage, response: Parameters<FastifyInstance['routing']>[1]): void => {
    throughAdminDoor.add(request)
    app.routing(request, response)
  }
  const server =
    certificates === undefined
      ? createServer(options, listener)
      : createSecureServer({ ...options, ...secureOptions(certificates) }, listener)
  server.on('clientError', answerBrokenRequest)
  watchConnections(server)
  app.addHook('onClose', (_app, done) => {
    server.close(() => done())
    server.closeIdleConnections()
  })
  return server
}

/** Clients need a certificate where there is an authority for them. */
export function secureOptions({ cert, key, ca }: CertificateFiles) {
  return { cert, key, ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }) }
}

/** Listens; the address. Throws what keeps it from that. */
export async function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number }
): Promise<string> {
  server.listen(port, host)
  await once(server, 'listening')
  const scheme = server instanceof SecureServer ? 'https' : 'http'
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
}
