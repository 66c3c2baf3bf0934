// `kedge client MODEL… --out FILE`: a typed client in TypeScript for some models, from what a running server or a repository says of them.
// What was written goes to standard output, everything else to standard error.
import { Command, InvalidArgumentError, Option } from 'commander'
import { ContractError, readFacts } from '../client/facts.ts'
import { type ClientModel, generateClient } from '../client/generate.ts'
import { ConfigError, loadSettings } from '../config/load.ts'
import { type Contract, readContracts } from '../contracts.ts'
import { messageOf } from '../errors/serving-error.ts'
import { addHeader, parseSubject, parseUrl, type Subject, writeWhole } from './arguments.ts'
import { fetchContract } from './client/fetch-contract.ts'

const failedStatus = 1
const usageStatus = 2
const defaultUrl = 'http://127.0.0.1:8080'

interface Flags {
  readonly out: string
  readonly url: URL
  readonly models?: string
  readonly modelName?: string
  readonly header: Readonly<Record<string, string>>
  readonly config?: string
}

export function clientCommand(): Command {
  return new Command('client')
    .description('Write a typed TypeScript client, without dependencies, for models of a server.')
    .argument(
      '<model[@version]...>',
      'the models; one with a version is always asked in that version',
      addSubject
    )
    .requiredOption('--out <file>', 'the file to write; - for standard output')
    .addOption(
      new Option('--url <url>', 'the server to ask what they take and give')
        .argParser(parseUrl)
        .default(new URL(defaultUrl), defaultUrl)
    )
    .addOption(new Option('--models <dir>', 'read a model repository instead').conflicts(['url', 'header']))
    .option('--model-name <name>', 'name of the model where the repository is a single model')
    .addOption(
      new Option('--header <header>', "'name: value' to send to the server, such as a key; may be repeated")
        .argParser(addHeader)
        .default({}, 'none')
    )
    .option(
      '--config <file>',
      "the server's settings file, for --models (default: kedge.yaml where it exists)"
    )
    .addHelpText('after', '\nExit status: 0 written, 1 a model could not be described, 2 wrong use.')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .action(client)
}

function addSubject(text: string, subjects: readonly Subject[] | undefined): readonly Subject[] {
  const subject = parseSubject(text)
  if (subjects?.some(({ model }) => model === subject.model) === true)
    throw new InvalidArgumentError(`${subject.model} is named twice`)
  return [...(subjects ?? []), subject]
}

async function client(subjects: readonly Subject[], flags: Flags): Promise<void> {
  try {
    const contracts = await (flags.models === undefined
      ? Promise.all(subjects.map(subject => fetchContract(flags.url, flags.header, subject)))
      : readContracts(settingsOf(flags, flags.models), subjects))
    const models = contracts.map((contract, index) => clientModel(contract, subjects[index]!))
    const text = generateClient(models)
    if (flags.out === '-') process.stdout.write(text)
    else process.stdout.write(summary(await writeWhole(flags.out, text), models))
  } catch (error) {
    fail(error)
  }
}

function settingsOf({ modelName, config }: Flags, models: string): ReturnType<typeof loadSettings> {
  const own = modelName === undefined ? {} : { 'model-name': modelName }
  return loadSettings({ flags: { models: [models], ...own }, env: {}, file: config })
}

/** A server that answers for another model is not to be believed. */
function clientModel({ document, description }: Contract, { model, version }: Subject): ClientModel {
  const facts = readFacts(document, description)
  if (facts.model !== model || (version !== undefined && facts.version !== String(version)))
    throw new ContractError(`asked for ${model}, got the contract of ${facts.model} ${facts.version}`)
  return { facts, pinned: version !== undefined }
}

function summary(file: string, models: readonly ClientModel[]): string {
  return `${file}\n${models.map(({ facts }) => `${facts.model} ${facts.version}`).join(', ')}\n`
}

function fail(error: unknown): void {
  const details = error instanceof ConfigError ? error.problems.map(problem => `\n  - ${problem}`) : []
  const colon = details.length > 0 ? ':' : ''
  process.stderr.write(`kedge: ${messageOf(error)}${colon}${details.join('')}\n`)
  process.exitCode = error instanceof ConfigError ? usageStatus : failedStatus
}
