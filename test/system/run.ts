// `npm run test:system`: installs the outside tools, runs every test beside this file, and all other tests once more on Node 24.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFolder } from '../../scripts/source-files.ts'
import { debian, node24, python } from './tools.ts'

for (const install of [python, () => debian('prometheus'), node24]) install()

const folder = dirname(fileURLToPath(import.meta.url))
const tests = readdirSync(folder).filter(file => file.endsWith('.test.js'))

/** Runs tap on `node` and returns its status. */
function tap(args: readonly string[], node = process.execPath): number {
  const script = join(projectFolder, 'node_modules', '.bin', 'tap')
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` }
  const options = { cwd: projectFolder, stdio: 'inherit', env } as const
  return spawnSync(node, [script, '--disable-coverage', '--reporter=tap', ...args], options).status ?? 1
}

const system = tap(['--jobs=1', '--timeout=600', '--exclude=none', ...tests.map(file => join(folder, file))])
const onNode24 = tap([], node24())
process.exitCode = system === 0 && onNode24 === 0 ? 0 : 1
