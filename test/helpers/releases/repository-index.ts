// The repository index of a running server, once or until it shows what is waited for.
import { setTimeout as wait } from 'node:timers/promises'

export interface IndexRow {
  readonly name: string
  readonly version?: string
  readonly state: string
  readonly reason?: string
}

/** What a row has to be like. */
export interface Expected {
  readonly model: string
  readonly version: number
  readonly state: string
  readonly reason?: RegExp
}

const pollMs = 20

export async function indexOf(address: string): Promise<IndexRow[]> {
  const answer = await fetch(`${address}/v2/repository/index`, { method: 'POST' })
  if (!answer.ok) throw new Error(`expected the index, got status ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as IndexRow[]
}

/** Settles once the index has this row. Rejects with what it has instead when the signal is given. */
export async function shows(address: string, expected: Expected, signal: AbortSignal): Promise<void> {
  const { model, version, state, reason = /^/ } = expected
  for (;;) {
    const index = await indexOf(address)
    const row = index.find(({ name, version: number }) => name === model && number === String(version))
    if (row?.state === state && reason.test(row.reason ?? '')) return
    if (signal.aborted)
      throw new Error(
        `expected ${model}/${version} to be ${state} with ${String(reason)}, got ${JSON.stringify(index)}`
      )
    await wait(pollMs)
  }
}
