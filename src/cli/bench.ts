// `kedge bench`: asks a server for predictions as fast as it answers, or at a rate, and says how it fared. The summary goes to
// standard output, everything else to standard error; status 1 when a request failed or nothing could be measured.
import { readFileSync, statSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../base/clock.ts'
import { messageOf } from '../errors/serving-error.ts'
import { addHeader, parseUrl } from './arguments.ts'
import { BenchError } from './bench/bench-error.ts'
import { openClient } from './bench/client.ts'
import { makePacer } from './bench/load.ts'
import { type LoadKind, type Report, reportText } from './bench/report.ts'
import { type BenchPlan, runBench } from './bench/run.ts'

const failedStatus = 1
/** An open loop holds a connection for each request that is unanswered; beyond so many, arrivals are dropped. */
const outstandingMax = 512
const dataBytesMax = 64 * 2 ** 20

interface Flags {
  readonly model: string
  readonly version?: string
  readonly rate?: number
  readonly concurrency: number
  readonly duration: number
  readonly warmUp: number
  readonly rows?: number
  readonly data?: string
  readonly binary?: true
  readonly header: Readonly<Record<string, string>>
  readonly json?: true
  readonly progress?: true
  readonly timeoutMs: number
  readonly seed: number
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .description(
      'Measure how a server of the Open Inference Protocol answers: a closed loop, or an open one with --rate.'
    )
    .argument('<url>', 'address of the server, such as http://127.0.0.1:8080', parseUrl)
    .requiredOption('--model <name>', 'model to ask')
    .option('--version <version>', "version to ask (default: the server's choice)")
  command
    .addOption(whole('--concurrency', 'closed loop: requests in progress', 1, 4096).default(16))
    .addOption(
      decimal('--rate', 'open loop: requests a second at random times', 0.01, 1e5).conflicts('concurrency')
    )
    .addOption(decimal('--duration', 'seconds to measure', 0.1, 86_400).default(10))
    .addOption(decimal('--warm-up', 'seconds before, which do not count', 0, 3600).default(2))
    .addOption(whole('--rows', 'rows in a generated request (default: 1)', 1, 1e6))
    .addOption(
      new Option('--data <file>', 'a V2 request in JSON to send instead').conflicts(['rows', 'binary'])
    )
    .option('--binary', 'send and ask for tensors in binary')
    .addOption(
      new Option(
        '--header <header>',
        "'name: value' to send with each request, such as a key; may be repeated"
      )
        .argParser(addHeader)
        .default({}, 'none')
    )
    .option('--json', 'print one JSON document instead of the summary')
    .option('--progress', 'print a line a second, even if standard error is no terminal')
    .addOption(whole('--timeout-ms', 'time for one answer', 1, 600_000).default(30_000))
    .addOption(whole('--seed', 'of random payloads and arrivals', 0, 2 ** 32 - 1).default(1))
  command.addHelpText(
    'after',
    '\nExit status: 0 measured, 1 a request failed or nothing could be measured, 2 wrong use.'
  )
  command.helpOption('-h, --help', 'print this help').allowExcessArguments(false).exitOverride()
  return command.action((url: URL, flags: Flags) => bench(url, flags))
}

const decimal = (flag: string, text: string, min: number, max: number): Option =>
  new Option(`${flag} <n>`, `${text}, ${min} to ${max}`).argParser(numberFrom(min, max))

const whole = (flag: string, text: string, min: number, max: number): Option =>
  new Option(`${flag} <n>`, `${text}, ${min} to ${max}`).argParser(value => {
    const number = numberFrom(min, max)(value)
    if (!Number.isInteger(number)) throw new InvalidArgumentError('expected a whole number')
    return number
  })

function numberFrom(min: number, max: number): (text: string) => number {
  return text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`expected a number from ${min} to ${max}`)
    return value
  }
}

async function bench(url: URL, flags: Flags): Promise<void> {
  try {
    const report = await measure(url, flags)
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
    if (report.failed > 0)
      fail(`${report.failed} of ${report.requests} requests failed (${report.firstError})`)
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    fail(error.message)
  }
}

async function measure(url: URL, flags: Flags): Promise<Report> {
  const { model, version, rate, timeoutMs } = flags
  const load: LoadKind =
    rate === undefined
      ? { kind: 'closed', concurrency: flags.concurrency }
      : { kind: 'open', ratePerSecond: rate, outstandingMax }
  const connections = load.kind === 'closed' ? load.concurrency : load.outstandingMax
  const plan: BenchPlan = {
    url: url.href.replace(/\/+$/, ''),
    model,
    version,
    load,
    warmUpSeconds: flags.warmUp,
    durationSeconds: flags.duration,
    rows: flags.rows,
    data: flags.data === undefined ? undefined : { file: flags.data, body: readData(flags.data) },
    binary: flags.binary === true,
    seed: flags.seed
  }
  const progress =
    flags.progress || process.stderr.isTTY
      ? (line: string) => void process.stderr.write(`${line}\n`)
      : undefined
  const clock = systemClock
  const { header: headers } = flags
  const client = await openClient({ url, model, version, headers, connections, timeoutMs, clock })
  try {
    const pacer = makePacer(clock, action => void setImmediate(action))
    return await runBench(plan, { client, clock, pacer, progress })
  } finally {
    await client.close()
  }
}

function readData(file: string): Uint8Array {
  try {
    const { size } = statSync(file)
    if (size > dataBytesMax) throw new BenchError(`--data ${file} has more than ${dataBytesMax} bytes`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof BenchError) throw error
    const reason = (error as NodeJS.ErrnoException).code ?? messageOf(error)
    throw new BenchError(`--data ${file} cannot be read (${reason})`, { cause: error })
  }
}

function fail(message: string): void {
  process.stderr.write(`kedge: ${message}\n`)
  process.exitCode = failedStatus
}
