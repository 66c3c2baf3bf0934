// Who may call, over what, and what is shown to browsers. Without keys and tokens nobody is asked.
import { z } from 'zod'
import { integer, optionalText, optionalUrl, text, toggle } from './leaf.ts'

export const pageSettings = z
  .strictObject({
    hideApiDocs: toggle('do not show the page at /docs; the document at /openapi.json stays'),
    hideDriftReports: toggle('do not show the pages at …/drift/report; the same as JSON stays')
  })
  .prefault({})

export const tlsSettings = z
  .strictObject({
    certFile: optionalText('certificate chain in PEM; with it the server speaks HTTPS only'),
    keyFile: optionalText('its private key in PEM'),
    caFile: optionalText(
      'authority whose clients are let in, in PEM; with it every client needs a certificate'
    )
  })
  .prefault({})

export const adminSettings = z
  .strictObject({
    host: text('127.0.0.1', 'address for administration and metrics, where these have a port of their own'),
    port: integer(
      0,
      0,
      65_535,
      'port for administration and metrics alone; 0 for none: they are at the main address'
    )
  })
  .prefault({})

export const authSettings = z
  .strictObject({
    keysFile: optionalText(
      'YAML file with hashed keys, as `kedge keys create` writes it; read again when it changes'
    ),
    reloadMs: integer(5000, 100, 3_600_000, 'time between two looks at the files of keys and certificates'),
    openMetrics: toggle('let everybody read /metrics'),
    jwt: z
      .strictObject({
        issuer: optionalText('issuer of bearer tokens that are accepted (the claim iss)'),
        audience: text('kedge', 'audience that tokens have to be for (the claim aud)'),
        jwksUrl: optionalUrl("where the issuer's public keys are"),
        jwksFile: optionalText("file with the issuer's public keys, in place of a URL"),
        scopeClaim: text('scope', 'claim that holds the scopes: a list, or text with spaces between'),
        scopePrefix: text('kedge:', 'what stands before predict, read and admin in that claim'),
        modelsClaim: text(
          'kedge_models',
          'claim that lists models, as names or patterns; all where it is absent'
        )
      })
      .prefault({})
  })
  .prefault({})
