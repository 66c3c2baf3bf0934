// What a running server says of a model. An answer that is no contract ends in one line that says what came instead.
import { describe, shorten } from '../../base/describe.ts'
import { ContractError } from '../../client/facts.ts'
import type { Contract } from '../../contracts.ts'
import { messageOf } from '../../errors/serving-error.ts'
import type { Subject } from '../arguments.ts'

const timeoutMs = 30_000
/** Schemas of wide models are long. */
const bytesMax = 64 * 2 ** 20
const saidMax = 400

/** Throws ContractError. */
export async function fetchContract(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { model, version }: Subject
): Promise<Contract> {
  const models = `${url.href.replace(/\/+$/, '')}/v2/models/${encodeURIComponent(model)}`
  const get = (path: string): Promise<unknown> => fetchJson(`${models}${path}`, headers)
  const document = await get(version === undefined ? '/schema' : `/versions/${version}/schema`)
  // Of that very version: another may have taken its place by now.
  const answered = stringIn(document, 'version')
  if (answered === undefined)
    throw new ContractError(`${models}/schema answers ${describe(document)}, not a contract`)
  const metadata = await get(`/versions/${encodeURIComponent(answered)}`)
  return { document, description: stringIn(metadata, 'description') }
}

function stringIn(json: unknown, key: string): string | undefined {
  const value =
    typeof json === 'object' && json !== null && Object.hasOwn(json, key) ? json[key as never] : undefined
  return typeof value === 'string' ? value : undefined
}

async function fetchJson(address: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
  const { status, text } = await exchange(address, headers)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  if (status === 200 && json !== undefined) return json
  const said = stringIn(json, 'error')
  // One line, whoever wrote it.
  if (said !== undefined) throw new ContractError(shorten(said.replaceAll(/\p{Cc}+/gu, ' '), saidMax))
  throw new ContractError(
    `${address} answers with status ${status} and no contract: is it a Kedge of this version?`
  )
}

async function exchange(
  address: string,
  headers: Readonly<Record<string, string>>
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    // A key is for the server that was named.
    const response = await fetch(address, { headers, signal, redirect: 'error' })
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += part.length
      if (bytes > bytesMax) throw new Error(`the answer has more than ${bytesMax} bytes`)
      parts.push(part)
    }
    return { status: response.status, text: Buffer.concat(parts).toString() }
  } catch (error) {
    throw new ContractError(`no answer from ${address}: ${reasonOf(error)}`, { cause: error })
  }
}

/** fetch() hides why behind its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return messageOf(error)
  return (cause as NodeJS.ErrnoException).code ?? cause.message
}
