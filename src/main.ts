// The process: runs the command line and ends with its status.
import './base/no-telemetry.ts'
import { runCli } from './cli/program.ts'

await runCli(process.argv)
