// Secrets come from files, so that no process list and no log shows them. What cannot be used ends the start, in the words of every
// other problem of the configuration; the secret itself is in none of them.
import { readFileSync } from 'node:fs'
import { messageOf } from '../errors/serving-error.ts'
import { ConfigError } from './load.ts'

const fileBytesMax = 64 * 2 ** 10
/** A shorter key could be guessed. */
const hashKeyBytesMin = 16
/** What Standard Webhooks asks of a secret: https://www.standardwebhooks.com. */
const webhookKeyBytesMin = 24
const webhookKeyBytesMax = 64

/** The key of hashed values: the file's text as it is, without space around it. Throws ConfigError. */
export function readHashKey(setting: string, file: string): Buffer {
  const key = Buffer.from(readText(setting, file))
  if (key.length >= hashKeyBytesMin) return key
  throw problem(setting, `${file}: expected a key of ${hashKeyBytesMin} bytes at least, got ${key.length}`)
}

/** The key of a webhook's signatures, as Standard Webhooks writes it: base64, with or without `whsec_` before it. Throws ConfigError. */
export function readWebhookKey(setting: string, file: string): Buffer {
  const encoded = readText(setting, file).replace(/^whsec_/, '')
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded)
  if (!isBase64) throw problem(setting, `${file}: expected whsec_ and base64, got something else`)
  const key = Buffer.from(encoded, 'base64')
  if (key.length >= webhookKeyBytesMin && key.length <= webhookKeyBytesMax) return key
  const expected = `${webhookKeyBytesMin} to ${webhookKeyBytesMax} bytes in base64`
  throw problem(setting, `${file}: expected ${expected}, got ${key.length} bytes`)
}

function readText(setting: string, file: string): string {
  let content: Buffer
  try {
    content = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw problem(setting, `${file} cannot be read (${code ?? messageOf(error)})`)
  }
  if (content.length > fileBytesMax)
    throw problem(setting, `${file}: expected ${fileBytesMax} bytes at most, got ${content.length}`)
  return content.toString().trim()
}

function problem(setting: string, text: string): ConfigError {
  return new ConfigError([`${setting}: ${text}`])
}
