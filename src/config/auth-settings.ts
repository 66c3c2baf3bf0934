// Who may call: keys in a file, tokens of an identity provider. Without either nobody is asked.
import { z } from 'zod'
import { integer, optionalText, optionalUrl, text, toggle } from './leaf.ts'

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
