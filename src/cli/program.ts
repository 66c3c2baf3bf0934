// The command line: names the commands and turns a wrong use into status 2. Each command is a file of its own.
import { Command, CommanderError } from 'commander'
import { build } from '../build.ts'

/** A wrong use of the command line. */
const usageStatus = 2

/** Each is loaded when it is called, or when all are to be listed: making a key takes no server. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  profile: async () => (await import('./profile.ts')).profileCommand(),
  bench: async () => (await import('./bench.ts')).benchCommand(),
  client: async () => (await import('./client.ts')).clientCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand()
}

/** The command that the arguments name; all where they name none. */
function called(name: string | undefined): Promise<Command[]> {
  if (name === '--version') return Promise.resolve([])
  const isKnown = name !== undefined && Object.hasOwn(commands, name)
  const loaders = isKnown ? [commands[name]!] : Object.values(commands)
  return Promise.all(loaders.map(load => load()))
}

/** Options are positional: `kedge bench --version 2` names a model's version, not Kedge's. */
function makeProgram(all: readonly Command[]): Command {
  const program = new Command('kedge')
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
  for (const command of all) program.addCommand(command)
  return program
}

export async function runCli(argv: readonly string[]): Promise<void> {
  try {
    const [, , name] = argv
    await makeProgram(await called(name)).parseAsync([...argv])
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help and version leave the same way, with status 0.
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus
  }
}
