// What versions take and give, read from a repository without loading one: the composition root of `kedge client --models`. A contract is
// the document that a server of the same repository answers.
import { describe, listNames } from './base/describe.ts'
import { suggestion } from './base/nearest-name.ts'
import { ContractError } from './client/facts.ts'
import type { Settings } from './config/schema.ts'
import { featureFacts, modelContract } from './http/model-contract.ts'
import { standardLabel } from './lifecycle/serving-map.ts'
import { LoadFailure, type Validated, validate } from './lifecycle/validate.ts'
import type { ScannedModel, ScannedVersion } from './repository/scan.ts'
import { Scanner } from './repository/scanner.ts'
import { desiredVersions, type Standing } from './repository/version-policy.ts'
import { contractOf } from './schema/contract.ts'

export interface Contract {
  /** As `GET /v2/models/{m}/schema` has it, in JSON. */
  readonly document: unknown
  readonly description: string | undefined
}

/** A model, and the version where it is not the one that answers by default. */
export interface ContractOf {
  readonly model: string
  readonly version: number | undefined
}

/** In the order of `wanted`. Throws ContractError and RepositoryError, each with a message for people. */
export async function readContracts(settings: Settings, wanted: readonly ContractOf[]): Promise<Contract[]> {
  const { models: repositories, modelName, repository } = settings
  const scan = await new Scanner({ repositories, modelName, ...repository }).scan()
  const contracts: Contract[] = []
  for (const { model: name, version } of wanted) {
    const model = chosenModel(scan.models, name)
    const found = version === undefined ? await standardVersion(model) : await thisVersion(model, version)
    contracts.push(contractDocument(name, found))
  }
  return contracts
}

interface Found {
  readonly version: number
  readonly validated: Validated
}

function contractDocument(model: string, { version, validated }: Found): Contract {
  const { graph, features, manifest } = validated
  const contract = contractOf(graph.signature, features)
  // An example would take a run to know that it works.
  const parts = modelContract({ model, version, contract, manifest, example: () => undefined })
  const document = { model, version: String(version), features: features.map(featureFacts), ...parts }
  return { document: JSON.parse(JSON.stringify(document)) as unknown, description: manifest.description }
}

function chosenModel(models: readonly ScannedModel[], name: string): ScannedModel {
  const model = models.find(({ name: own }) => own === name)
  if (model !== undefined) return model
  const names = models.map(({ name: own }) => own)
  const hint = suggestion(name, names)
  const there = names.length === 0 ? 'the repository has none' : `there are ${listNames(names)}`
  throw new ContractError(`no model ${describe(name)}: ${there}${hint === '' ? '' : `; ${hint}`}`)
}

async function thisVersion({ name, versions }: ScannedModel, version: number): Promise<Found> {
  const scanned = versions.find(({ version: own }) => own === version)
  if (scanned !== undefined) return { version, validated: await validated(name, scanned) }
  const numbers = versions.map(({ version: own }) => String(own))
  const there = numbers.length === 0 ? 'it has none' : `there is ${listNames(numbers)}`
  throw new ContractError(`model ${name} has no version ${version}: ${there}`)
}

/** The one that answers when none is asked for, as far as can be told without loading it: one that cannot serve gives way to the next. */
async function standardVersion({ name, manifest, problems, versions }: ScannedModel): Promise<Found> {
  if (manifest === undefined) throw new ContractError(`model ${name}: ${problems.join('; ')}`)
  const { versions: policy, labels } = manifest
  const standings = new Map<number, Standing>(versions.map(({ version }) => [version, 'untried']))
  let reason: ContractError | undefined
  for (;;) {
    const desired = desiredVersions(policy, labels, standings)
    const labelled = desired.find(version => version === labels[standardLabel])
    const version = labelled ?? desired[0]
    const scanned = versions.find(({ version: own }) => own === version)
    if (scanned === undefined)
      throw reason ?? new ContractError(`model ${name} has no version that would serve`)
    try {
      return { version: scanned.version, validated: await validated(name, scanned) }
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      reason ??= error
      standings.set(scanned.version, 'failed')
    }
  }
}

async function validated(name: string, scanned: ScannedVersion): Promise<Validated> {
  try {
    return await validate(scanned)
  } catch (error) {
    if (!(error instanceof LoadFailure)) throw error
    throw new ContractError(`model ${name} version ${scanned.version}: ${error.message}`, { cause: error })
  }
}
