// `kedge profile MODEL[@VERSION] --data FILE`: a drift reference from training data, written where the server looks for it. What was written
// goes to standard output, everything else to standard error.
import { Command, InvalidArgumentError, Option } from 'commander'
import { ConfigError, loadSettings } from '../config/load.ts'
import { messageOf } from '../errors/serving-error.ts'
import { type MadeProfile, profileData } from '../profiling.ts'
import { parseSubject, type Subject, writeWhole } from './arguments.ts'

const failedStatus = 1
const usageStatus = 2
const rowsStandard = 200_000
const rowsMost = 5_000_000
const barCells = 24

interface Flags {
  readonly data: string
  readonly models?: string
  readonly modelName?: string
  readonly out?: string
  readonly rowsMax: number
  readonly seed: number
  readonly config?: string
}

export function profileCommand(): Command {
  return new Command('profile')
    .description(
      'Make the drift reference of a version (reference.json) from the data that the model was trained with.'
    )
    .argument('<model[@version]>', 'the model, and the version where it is not the highest', parseSubject)
    .requiredOption('--data <file>', 'a CSV, JSONL or Parquet file with a column a feature')
    .option('--models <dir>', 'the model repository (default: ./models)')
    .option('--model-name <name>', 'name of the model where the repository is a single model')
    .option('--out <file>', "write there instead of into the version's folder; - for standard output")
    .addOption(
      new Option('--rows-max <n>', 'rows to keep; of more, a fair sample')
        .argParser(parseWhole(100, rowsMost))
        .default(rowsStandard)
    )
    .addOption(new Option('--seed <n>', 'of the sample').argParser(parseWhole(0, 2 ** 31 - 1)).default(1))
    .option('--config <file>', "the server's settings file (default: kedge.yaml where it exists)")
    .addHelpText('after', '\nExit status: 0 written, 1 the data or the model could not be used, 2 wrong use.')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .exitOverride()
    .action(profile)
}

function parseWhole(min: number, max: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`)
  }
}

async function profile(subject: Subject, flags: Flags): Promise<void> {
  const { models, modelName, config } = flags
  try {
    const own = {
      ...(models === undefined ? {} : { models: [models] }),
      ...(modelName === undefined ? {} : { 'model-name': modelName })
    }
    const settings = loadSettings({ flags: own, env: {}, file: config })
    const made = await profileData(settings, { ...subject, ...flags, onProgress: showProgress }).finally(
      clearProgress
    )
    const text = `${JSON.stringify(made.profile, undefined, 2)}\n`
    if (flags.out === '-') process.stdout.write(text)
    else process.stdout.write(summary(made, await writeWhole(flags.out ?? made.path, text)))
  } catch (error) {
    fail(error)
  }
}

function summary({ profile, id }: MadeProfile, file: string): string {
  const { source, monitors, model, modelVersion } = profile
  const outputs = monitors.filter(({ name }) => name.startsWith('output:')).length
  const derived = monitors.filter(({ name }) => name.startsWith('derived:')).length
  const sampled = source.sampledRows < source.rows ? `, ${source.sampledRows} of them sampled` : ''
  return (
    `${file}\n` +
    `${model} ${modelVersion}: profile ${id.slice(0, 8)} from ${source.rows} rows${sampled}; ` +
    `${monitors.length - outputs - derived} inputs, ${outputs} outputs, ${derived} derived\n`
  )
}

function fail(error: unknown): void {
  const details = error instanceof ConfigError ? error.problems.map(problem => `\n  - ${problem}`) : []
  const colon = details.length > 0 ? ':' : ''
  process.stderr.write(`kedge: ${messageOf(error)}${colon}${details.join('')}\n`)
  process.exitCode = error instanceof ConfigError ? usageStatus : failedStatus
}

/** One line that is written over, for those who watch. */
function showProgress(share: number, rows: number): void {
  if (!process.stderr.isTTY) return
  const filled = Math.round(share * barCells)
  const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled)
  process.stderr.write(`\r\u001b[2K${bar} ${Math.round(share * 100)} % ${rows} rows`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
}
