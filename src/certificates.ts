// The server's certificate and key, and the authority whose clients are let in: read at the start, looked at again, and taken over only as a whole
// that works.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Clock } from './base/clock.ts'
import { ConfigError } from './config/load.ts'
import type { Settings } from './config/schema.ts'
import { messageOf } from './errors/serving-error.ts'
import type { CertificateFiles } from './http/listeners.ts'

/** What a listening TLS server can be told. */
interface SecureServer {
  setSecureContext(files: CertificateFiles): void
}

export interface Certificates {
  readonly files: CertificateFiles
  /** Looks at the files again and again, for these servers. */
  follow(servers: readonly SecureServer[]): void
  stop(): void
}

interface CertificateOptions {
  readonly clock: Clock
  readonly log: {
    info(facts: object, message: string): void
    warn(facts: object, message: string): void
  }
}

/** Undefined where no certificate is set up. Throws ConfigError for what cannot be used. */
export function makeCertificates(
  { tls, auth }: Pick<Settings, 'tls' | 'auth'>,
  { clock, log }: CertificateOptions
): Certificates | undefined {
  const { certFile, keyFile, caFile } = tls
  if (certFile === undefined && keyFile === undefined && caFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined)
    throw new ConfigError(['tls: expected both certFile and keyFile'])
  const read = (): CertificateFiles => {
    const files = {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ca: caFile === undefined ? undefined : readFileSync(caFile)
    }
    // Throws for what does not belong together.
    createSecureContext(files)
    return files
  }
  let files: CertificateFiles
  try {
    files = read()
  } catch (error) {
    throw new ConfigError([`tls: the certificate cannot be used: ${messageOf(error)}`])
  }
  let isStopped = false
  let cancel = (): void => {}
  let complaint = ''
  const look = (servers: readonly SecureServer[]): void => {
    try {
      const now = read()
      complaint = ''
      if (isEqual(now, files)) return
      for (const server of servers) server.setSecureContext(now)
      files = now
      log.info({}, 'the new certificate is in use')
    } catch (error) {
      // Files are replaced one after the other: what does not fit yet may fit the next time.
      const text = messageOf(error)
      if (text !== complaint)
        log.warn({}, `the certificate is not taken over (${text}); the one before stays in use`)
      complaint = text
    }
  }
  const follow = (servers: readonly SecureServer[]): void => {
    if (isStopped) return
    cancel = clock.after(
      auth.reloadMs,
      () => {
        look(servers)
        follow(servers)
      },
      false
    )
  }
  return {
    get files() {
      return files
    },
    follow,
    stop() {
      isStopped = true
      cancel()
    }
  }
}

function isEqual(a: CertificateFiles, b: CertificateFiles): boolean {
  return (
    a.cert.equals(b.cert) &&
    a.key.equals(b.key) &&
    (a.ca === b.ca || a.ca?.equals(b.ca ?? Buffer.alloc(0)) === true)
  )
}
