// Joins authentication to the settings: reads the files of keys, looks at them again, and keeps the last good ones.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Authenticator } from './auth/authenticator.ts'
import { parseKeyFile } from './auth/key-file.ts'
import { KeyRing } from './auth/key-ring.ts'
import { localKeys, remoteKeys, Tokens } from './auth/tokens.ts'
import type { Clock } from './base/clock.ts'
import { ConfigError } from './config/load.ts'
import type { Settings } from './config/schema.ts'
import { messageOf } from './errors/serving-error.ts'
import type { Access } from './http/scope.ts'
import type { Metrics } from './monitoring/metrics.ts'

export interface AccessOptions {
  readonly clock: Clock
  readonly log: {
    info(facts: object, message: string): void
    warn(facts: object, message: string): void
  }
  readonly metrics: Metrics
}

export interface KnownAccess extends Access {
  /** Begins to look at the file of keys again and again. */
  start(): void
  stop(): void
}

const fileBytesMax = 16 * 2 ** 20

/** Undefined where neither keys nor tokens are set up. Throws ConfigError for what cannot be used. */
export function makeAccess(
  { auth }: Pick<Settings, 'auth'>,
  { clock, log, metrics }: AccessOptions
): KnownAccess | undefined {
  const { keysFile } = auth
  const tokens = tokensOf(auth)
  if (keysFile === undefined && tokens === undefined) return undefined
  const keys = new KeyRing()
  let text = ''
  /** Takes over the file's keys. Returns what is wrong with it; the keys before stay then. */
  const take = (read: string): readonly string[] => {
    const parsed = parseKeyFile(read)
    if ('problems' in parsed) return parsed.problems
    text = read
    keys.replace(parsed.keys, clock.now())
    log.info({ keys: keys.size }, 'keys are in force')
    return []
  }
  if (keysFile !== undefined) {
    const problems = take(readNow('auth.keysFile', keysFile))
    if (problems.length > 0)
      throw new ConfigError(problems.map(problem => `auth.keysFile: ${keysFile}: ${problem}`))
  }
  const look = async (): Promise<void> => {
    try {
      const read = await readFile(keysFile!, 'utf8')
      if (read === text) return
      const problems = take(read)
      if (problems.length > 0)
        log.warn({ problems }, `${keysFile} is not taken over; the keys before stay in force`)
    } catch (error) {
      log.warn(
        { err: error },
        `${keysFile} cannot be read (${messageOf(error)}); the keys before stay in force`
      )
    }
  }
  const authenticator = new Authenticator(keys, tokens)
  const refusals = metrics.counter('kedge_auth_refusals_total')
  let isStopped = false
  let cancel = (): void => {}
  const again = (): void => {
    if (isStopped) return
    cancel = clock.after(auth.reloadMs, () => void look().then(again), false)
  }
  return {
    verdict: credentials => authenticator.verdict(credentials, clock.now()),
    spend: caller => caller.allowance?.take(clock.now()) ?? 0,
    count: reason => {
      refusals.row({ reason })[0]! += 1
    },
    start: () => {
      if (keysFile !== undefined) again()
    },
    stop: () => {
      isStopped = true
      cancel()
    }
  }
}

function tokensOf({ jwt }: Settings['auth']): Tokens | undefined {
  const { issuer, jwksUrl, jwksFile, ...claims } = jwt
  if (issuer === undefined && jwksUrl === undefined && jwksFile === undefined) return undefined
  if (issuer === undefined)
    throw new ConfigError(['auth.jwt.issuer: expected the issuer whose keys these are'])
  if ((jwksUrl === undefined) === (jwksFile === undefined))
    throw new ConfigError(['auth.jwt: expected exactly one of jwksUrl and jwksFile'])
  if (jwksUrl !== undefined) return new Tokens(remoteKeys(jwksUrl), { issuer, ...claims })
  try {
    return new Tokens(localKeys(readNow('auth.jwt.jwksFile', jwksFile!)), { issuer, ...claims })
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError([
      `auth.jwt.jwksFile: ${jwksFile}: expected a JSON Web Key Set (${messageOf(error)})`
    ])
  }
}

function readNow(setting: string, file: string): string {
  try {
    const read = readFileSync(file, 'utf8')
    if (read.length <= fileBytesMax) return read
    throw new ConfigError([`${setting}: ${file}: expected ${fileBytesMax} bytes at most, got ${read.length}`])
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError([`${setting}: ${file} cannot be read (${code ?? messageOf(error)})`])
  }
}
