// Virtual environments for the peers, one each, under .cache/: made once from bench/peers/requirements-*.txt.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'
import { run } from '../../test/system/tools.ts'
import { sourcePath } from './peer.ts'

/** The folder of the programs of an environment. */
export function programs(name: string): string {
  const requirements = sourcePath(`requirements-${name}.txt`)
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const folder = join(projectFolder, '.cache', `peer-${name}-${digest}`)
  const done = join(folder, '.complete')
  const bin = join(folder, 'bin')
  if (!existsSync(done)) {
    process.stdout.write(`installing ${name} into ${folder}\n`)
    // A virtual environment knows its own path, so it is made in place.
    rmSync(folder, { recursive: true, force: true })
    run('python3', ['-m', 'venv', folder])
    const quiet = ['install', '--quiet', '--disable-pip-version-check']
    run(join(bin, 'python'), ['-m', 'pip', ...quiet, '-r', requirements])
    run('touch', [done])
  }
  return bin
}

/** Names and versions of what the requirements name, and of the interpreter. */
export function versions(name: string): string {
  const pinned = readFileSync(sourcePath(`requirements-${name}.txt`), 'utf8')
    .split('\n')
    .filter(line => line.includes('=='))
    .map(line => line.trim().replace('==', ' '))
  const python = run(join(programs(name), 'python'), ['--version']).trim()
  return [...pinned, python.replace('Python', 'python')].join(', ')
}
