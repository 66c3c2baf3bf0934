// The first runs of a version, before anyone waits for them: the requests of its warmup folder, or one of zeros where it has none.
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { messageOf, ServingError } from '../errors/serving-error.ts'
import { readV2Body } from '../protocol/v2/decode.ts'
import { readInside, resolveInside, warmupFolder } from '../repository/layout.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { bareContract } from '../schema/contract.ts'
import type { Signature } from '../schema/signature.ts'
import { allocate } from '../tensor/datatype.ts'
import { elementCount } from '../tensor/shape.ts'
import type { InferenceRequest } from '../tensor/tensor.ts'
import { copied } from './measure.ts'

export interface WarmupLimits {
  readonly warmupRequestsMax: number
  readonly warmupBytesMax: number
  readonly tensorsPerRequestMax: number
}

export interface SuppliedRequest {
  readonly name: string
  /** Read and checked against the signature when it is first asked for; the same one each time. Throws ServingError. */
  readonly request: () => InferenceRequest
}

/** The files of the warmup folder, in the order of their names. Throws Error with a reason for people. */
export async function suppliedRequests(
  version: ScannedVersion,
  signature: Signature,
  limits: WarmupLimits
): Promise<SuppliedRequest[]> {
  const folder = await resolveInside(version.root, version.folder, warmupFolder)
  if (folder === undefined) return []
  const names = (await readdir(folder)).filter(name => name.endsWith('.json') && !name.startsWith('.')).sort()
  if (names.length > limits.warmupRequestsMax) {
    throw new Error(
      `${relative(version.root, folder)} holds ${names.length} requests, at most ${limits.warmupRequestsMax} are replayed`
    )
  }
  const requests: SuppliedRequest[] = []
  for (const name of names) {
    const text = await readInside(version.root, limits.warmupBytesMax, version.folder, warmupFolder, name)
    const parse = (): InferenceRequest =>
      readV2Body(
        { body: Buffer.from(text ?? ''), headerLength: undefined },
        bareContract(signature),
        limits.tensorsPerRequestMax
      )
    requests.push({ name: join(warmupFolder, name), request: once(parse) })
  }
  return requests
}

/** What `make` made the first time that it did not throw. `make` is let go then, with what it holds. */
function once<T extends object>(make: (() => T) | undefined): () => T {
  let made: T | undefined
  return () => {
    made ??= make!()
    make = undefined
    return made
  }
}

/**
 * Runs the warm-up. A supplied request that fails is the version's failure: throws Error with the reason. A generated one is
 * a guess that some graphs cannot take: its failure comes back as a warning, unless it took the instance along.
 */
export async function warmUp(
  run: (request: InferenceRequest) => Promise<unknown>,
  signature: Signature,
  supplied: readonly SuppliedRequest[]
): Promise<string | undefined> {
  for (const { name, request } of supplied) {
    try {
      const { inputs, ...rest } = request()
      await run({ ...rest, inputs: copied(inputs) })
    } catch (error) {
      throw new Error(`warm-up request ${name} failed: ${reasonOf(error)}`, { cause: error })
    }
  }
  if (supplied.length > 0) return undefined
  try {
    await run(zeroRequest(signature))
    return undefined
  } catch (error) {
    if (error instanceof ServingError && error.code === 'INSTANCE_LOST')
      throw new Error(`the generated warm-up request (zeros) ended the instance: ${reasonOf(error)}`, {
        cause: error
      })
    return `the generated warm-up request (zeros) failed: ${reasonOf(error)}; put a real one into ${warmupFolder}/`
  }
}

/** Zeros and empty strings, free dimensions at 1. */
export function zeroRequest(signature: Signature): InferenceRequest {
  const inputs = signature.inputs.map(({ name, datatype, shape: pattern }) => {
    const shape = (pattern ?? [1]).map(dimension => (typeof dimension === 'number' ? dimension : 1))
    return { name, datatype, shape, data: allocate(datatype, elementCount(shape) ?? 0) }
  })
  return { inputs, parameters: {} }
}

/** The runtime's own words, which the error of a request keeps to itself. */
export function reasonOf(error: unknown): string {
  return error instanceof ServingError && error.cause !== undefined
    ? messageOf(error.cause)
    : messageOf(error)
}
