// `npm run test:system`: installs the outside tools, then runs every test beside this file, one after the other.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFolder } from '../../scripts/source-files.ts'
import { debian, node24, python } from './tools.ts'

for (const install of [python, () => debian('prometheus'), node24]) install()

const folder = dirname(fileURLToPath(import.meta.url))
const tests = readdirSync(folder).filter(file => file.endsWith('.test.js'))
const tap = join(projectFolder, 'node_modules', '.bin', 'tap')
const flags = ['--disable-coverage', '--jobs=1', '--timeout=600', '--exclude=none', '--reporter=tap']
const { status } = spawnSync(tap, [...flags, ...tests.map(file => join(folder, file))], {
  cwd: projectFolder,
  stdio: 'inherit'
})
process.exitCode = status ?? 1
