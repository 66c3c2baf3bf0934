// The command line: names the commands and turns a wrong use into status 2. Each command is a file of its own.
import { Command, CommanderError } from 'commander'
import { build } from '../app.ts'
import { benchCommand } from './bench.ts'
import { checkCommand } from './check.ts'
import { clientCommand } from './client.ts'
import { profileCommand } from './profile.ts'
import { serveCommand } from './serve.ts'

/** A wrong use of the command line. */
const usageStatus = 2

/** Options are positional: `kedge bench --version 2` names a model's version, not Kedge's. */
function makeProgram(): Command {
  return new Command('kedge')
    .description('A self-hosted server for ONNX models.')
    .version(
      `kedge ${build.version} (${build.runtime}, node ${build.node})`,
      '--version',
      'print the version and what it runs on'
    )
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      '\nSettings come from flags, then KEDGE_… environment variables, then kedge.yaml, then defaults; `kedge serve --help` lists all.' +
        '\nExit status: 0 orderly end, 1 could not start, 2 wrong use, 137 the shutdown deadline passed\nwith work still in progress, or a second signal came.'
    )
    .showHelpAfterError('(add --help for more)')
    .enablePositionalOptions()
    .exitOverride()
    .addCommand(serveCommand())
    .addCommand(checkCommand())
    .addCommand(profileCommand())
    .addCommand(benchCommand())
    .addCommand(clientCommand())
}

export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    await makeProgram().parseAsync([...argv])
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version leave the same way, with status 0.
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus
  }
}
