// A random key that outlives a restart: made once, and kept in the state directory for the server's own user alone.
import { randomBytes } from 'node:crypto'
import type { StateDirectory } from './state-directory.ts'

const keyBytes = 32
const pattern = /^[0-9a-f]{64}$/

/** The key under `name`; a new one where there is none that is whole. Where it cannot be kept it holds until the end of the process. */
export async function keptKey(state: Pick<StateDirectory, 'read' | 'write'>, name: string): Promise<Buffer> {
  const known = (await state.read(name))?.trim()
  if (known !== undefined && pattern.test(known)) return Buffer.from(known, 'hex')
  const fresh = randomBytes(keyBytes)
  await state.write(name, `${fresh.toString('hex')}\n`, { secret: true }).catch(() => {})
  return fresh
}
