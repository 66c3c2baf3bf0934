// `kedge serve`: settings in, a running server out, one orderly end on SIGTERM or SIGINT.
import { Command, Option } from 'commander'
import { type App, createApp, RepositoryError } from '../app.ts'
import { formatByteSize } from '../base/byte-size.ts'
import { ConfigError, loadSettings, processEnvironment } from '../config/load.ts'
import { type Leaf, type Settings, settingLeaves } from '../config/schema.ts'
import { messageOf } from '../errors/serving-error.ts'

/** The server could not start. */
const startFailedStatus = 1
/** What callers see of a process that SIGKILL ended. */
const killedStatus = 137

type Flags = Record<string, string | readonly string[] | boolean>

export function serveCommand(): Command {
  const command = new Command('serve').description('Serve the models of one or more repositories over HTTP.')
  command.option('--config <file>', 'settings file (default: kedge.yaml where it exists) [KEDGE_CONFIG]')
  for (const leaf of settingLeaves) command.addOption(optionOf(leaf))
  command.helpOption('-h, --help', 'print this help').allowExcessArguments(false).exitOverride()
  return command.action(async () => {
    const given = command.opts<Record<string, string | readonly string[] | boolean>>()
    const flags: Flags = {}
    for (const option of command.options) {
      const value = given[option.attributeName()]
      if (value !== undefined && option.long !== '--config') flags[option.long!.slice(2)] = value
    }
    await serve(flags, given['config'] as string | undefined)
  })
}

function optionOf(leaf: Leaf): Option {
  const placeholder = {
    text: '<text>',
    url: '<url>',
    integer: '<n>',
    number: '<n>',
    bytes: '<size>',
    list: '<item...>',
    choice: '<name>',
    switch: ''
  }[leaf.kind]
  const option = new Option(
    `--${leaf.flag} ${placeholder}`.trim(),
    `${leaf.description}${factsOf(leaf)} [${leaf.env}]`
  )
  if (leaf.path.join('.') === 'models') option.default(undefined)
  return option
}

function factsOf(leaf: Leaf): string {
  const show = (value: unknown): string =>
    leaf.kind === 'bytes' && typeof value === 'number'
      ? formatByteSize(value)
      : Array.isArray(value)
        ? value.join(', ')
        : String(value)
  const standard =
    leaf.standard === undefined || (Array.isArray(leaf.standard) && leaf.standard.length === 0)
      ? ''
      : ` (default: ${show(leaf.standard)})`
  const choices = leaf.choices === undefined ? '' : ` (${leaf.choices.join(', ')})`
  const bounds =
    leaf.min === undefined || leaf.max === undefined ? '' : `, ${show(leaf.min)} to ${show(leaf.max)}`
  return `${choices}${bounds}${standard}`
}

async function serve(flags: Flags, file: string | undefined): Promise<void> {
  let settings: Settings
  try {
    settings = loadSettings({ flags, env: processEnvironment(), file })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return fail(problemList(error))
  }
  let app: App
  try {
    app = await createApp(settings)
  } catch (error) {
    if (error instanceof RepositoryError) return fail(`no repository to serve: ${error.message}`)
    if (error instanceof ConfigError) return fail(problemList(error))
    throw error
  }
  endOrderly(app)
  try {
    await app.start()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    fail(
      `cannot listen on ${settings.host}:${settings.port} (${code === 'EADDRINUSE' ? 'the port is taken' : messageOf(error)})`
    )
    // Nothing was loaded yet; open handles of the server must not keep the process.
    process.exit(startFailedStatus)
  }
}

/** The first signal begins the orderly end; a second one does not wait for it. */
function endOrderly(app: App): void {
  let closing = false
  const end = (signal: NodeJS.Signals): void => {
    if (closing) {
      endNow(app, `${signal} again`)
      return
    }
    closing = true
    app.close().then(
      inTime => {
        if (!inTime) endNow(app, 'the shutdown deadline passed')
        app.logger.info('shut down')
        process.exit(0)
      },
      (error: unknown) => endNow(app, messageOf(error))
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

/**
 * Ends without waiting. A worker inside a run would turn process.exit() into an abort with a core dump, so the process ends
 * itself the hard way; callers see status 137. What is to be done at the end in any case, such as killing the processes of
 * instances, listens for `exit`, which nobody else would tell.
 */
function endNow(app: App, reason: string): never {
  app.logger.fatal(`ending without waiting: ${reason}`)
  app.logger.flush()
  process.emit('exit', killedStatus)
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable: a killed process runs no further')
}

function problemList({ message, problems }: ConfigError): string {
  return `${message}:\n${problems.map(problem => `  - ${problem}`).join('\n')}`
}

function fail(message: string): void {
  process.stderr.write(`kedge: ${message}\n`)
  process.exitCode = startFailedStatus
}
