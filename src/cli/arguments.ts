// Arguments that several commands take, each with what is wrong when it is.
import { rename, writeFile } from 'node:fs/promises'
import { InvalidArgumentError } from 'commander'

export interface Subject {
  readonly model: string
  readonly version: number | undefined
}

/** MODEL or MODEL@VERSION. */
export function parseSubject(text: string): Subject {
  const [model = '', version, ...rest] = text.split('@')
  if (model === '' || rest.length > 0) throw new InvalidArgumentError('expected MODEL or MODEL@VERSION')
  if (version === undefined) return { model, version }
  if (!/^[1-9]\d{0,15}$/.test(version))
    throw new InvalidArgumentError(`expected a whole number from 1 after @, got '${version}'`)
  return { model, version: Number(version) }
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('expected an address such as http://127.0.0.1:8080')
  if (url.search !== '' || url.hash !== '' || url.username !== '')
    throw new InvalidArgumentError('expected an address without query, fragment or user')
  return url
}

/** Names and values as HTTP has them. Those that say how the body is read are the command's own. */
export function addHeader(text: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const [, name = '', value = ''] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t -~]+)$/.exec(text) ?? []
  if (name === '') throw new InvalidArgumentError("expected a header such as 'authorization: Bearer KEY'")
  const lower = name.toLowerCase()
  if (/^(content-.*|inference-header-content-length|transfer-encoding|connection|host|expect)$/.test(lower))
    throw new InvalidArgumentError(`${lower} is set by what is sent`)
  return { ...headers, [lower]: value.trimEnd() }
}

/** Writes a file whole or not at all: somebody may be reading. */
export async function writeWhole(file: string, text: string): Promise<string> {
  try {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
    return file
  } catch (error) {
    throw new Error(`${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, { cause: error })
  }
}
