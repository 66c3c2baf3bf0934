// `kedge check DIR`: everything that loading would find, and the gates in full; for a pipeline that publishes models.
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { messageOf } from '../errors/serving-error.ts'
import { type CheckReport, checkRepository } from '../offline.ts'
import { checkJUnit, checkText } from './check/report.ts'

/** Something in the repository would not serve. */
const failedStatus = 1

interface Flags {
  readonly json?: true
  readonly junit?: string
  readonly everyVersion?: true
  readonly model?: readonly string[]
}

export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Load every model of a repository as the server would, run its gates in full, and say what is wrong.'
    )
    .argument('<dir>', 'the model repository')
    .option('--json', 'print the result as JSON')
    .option('--junit <file>', 'write the result as JUnit XML')
    .option('--model <name...>', 'check these models only')
    .option('--every-version', 'also versions that neither policy nor labels ask for')
    .addHelpText('after', '\nExit status: 0 everything would serve, 1 something would not, 2 wrong use.')
    .helpOption('-h, --help', 'print this help')
    .allowExcessArguments(false)
    .exitOverride()
    .action(check)
}

async function check(folder: string, { json, junit, everyVersion, model = [] }: Flags): Promise<void> {
  let report: CheckReport
  try {
    report = await checkRepository(folder, {
      everyVersion: everyVersion ?? false,
      only: model,
      onVersion: (name, version) => progress(`checking ${name} ${version} …`)
    })
    progress('')
    if (junit !== undefined) await writeFile(junit, checkJUnit(report))
  } catch (error) {
    progress('')
    process.stderr.write(`kedge: ${messageOf(error)}\n`)
    process.exitCode = failedStatus
    return
  }
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : checkText(report))
  if (!report.passed) process.exitCode = failedStatus
}

/** One line that is written over, for those who watch. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}
