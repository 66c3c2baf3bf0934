// `kedge check DIR`: everything that loading would find, and the gates in full; for a pipeline that publishes models. The result goes
// to standard output, everything else to standard error.
import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { ConfigError, loadSettings } from '../config/load.ts'
import { messageOf } from '../errors/serving-error.ts'
import { checkRepository, UnknownModelError } from '../offline.ts'
import { checkJUnit } from './check/junit.ts'
import { checkJson, checkText } from './check/report.ts'

/** Something in the repository would not serve. */
const failedStatus = 1
/** A wrong use of the command line. */
const usageStatus = 2
const columnsStandard = 80

interface Flags {
  readonly json?: true
  readonly junit?: string
  readonly everyVersion?: true
  readonly model: readonly string[]
  readonly modelName?: string
  readonly lifecycleLoadMaxMs?: string
  readonly config?: string
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Load every model of a repository as the server would, run its gates in full, and say what is wrong.'
    )
    .argument('<dir>', 'the model repository', parseFolder)
    .option('--json', 'print the result as JSON')
    .option('--junit <file>', 'also write the result as JUnit XML')
    .addOption(
      new Option('--model <name>', 'check this model only; may be repeated')
        .argParser(addName)
        .default([], 'all')
    )
    .option('--every-version', 'also versions that neither policy nor labels ask for')
    .option('--model-name <name>', 'name of the model where the repository is a single model')
    .option('--lifecycle-load-max-ms <n>', 'time for one version to become ready (default: 120000)')
    .option('--config <file>', "the server's settings file (default: kedge.yaml where it exists)")
    .addHelpText(
      'after',
      '\nThe limits of the settings file hold; KEDGE_… variables are not read.' +
        '\nExit status: 0 everything would serve, 1 something would not or could not be checked, 2 wrong use.'
    )
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .exitOverride()
    .action(check)
}

/** What is not there, or not for us, is found out by the check; a file is a slip. */
function parseFolder(text: string): string {
  if (isFile(text))
    throw new InvalidArgumentError('expected a folder that holds one folder a model, got a file')
  return text
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const addName = (name: string, names: readonly string[]): readonly string[] => [...names, name]

async function check(folder: string, flags: Flags): Promise<void> {
  const { json, junit, everyVersion, model, modelName, lifecycleLoadMaxMs: loadMaxMs, config } = flags
  try {
    const own = {
      ...(modelName === undefined ? {} : { 'model-name': modelName }),
      ...(loadMaxMs === undefined ? {} : { 'lifecycle-load-max-ms': loadMaxMs })
    }
    const settings = loadSettings({ flags: { models: [folder], ...own }, env: {}, file: config })
    const report = await checkRepository(settings, {
      everyVersion: everyVersion ?? false,
      only: model,
      onVersion: (name, version) => progress(`checking ${name} ${version} …`)
    }).finally(() => progress(''))
    process.stdout.write(json ? checkJson(report) : checkText(report, process.stdout.columns))
    if (!report.passed) process.exitCode = failedStatus
    if (junit !== undefined) await write(junit, checkJUnit(report))
  } catch (error) {
    fail(error)
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new Error(`--junit ${file} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
      cause: error
    })
  }
}

function fail(error: unknown): void {
  const details = error instanceof ConfigError ? error.problems.map(problem => `\n  - ${problem}`) : []
  const colon = details.length > 0 ? ':' : ''
  process.stderr.write(`kedge: ${messageOf(error)}${colon}${details.join('')}\n`)
  process.exitCode = error instanceof UnknownModelError ? usageStatus : failedStatus
}

/** One line that is written over, for those who watch. */
function progress(text: string): void {
  if (!process.stderr.isTTY) return
  // A line that the terminal folds could not be written over. Some terminals do not know their size.
  const shown = text.slice(0, (process.stderr.columns || columnsStandard) - 1)
  process.stderr.write(`\r\u001b[2K${shown}`)
}
