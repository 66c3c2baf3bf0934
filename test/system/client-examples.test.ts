// The Python scripts of examples/clients with the packages that they ask for: they run, and say what they should.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { kedge } from '../helpers/process.ts'
import { run } from './tools.ts'

const folder = join(projectFolder, 'examples', 'clients', 'python')

/** Python with what the examples require. */
function python(): string {
  const requirements = join(folder, 'requirements.txt')
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const path = join(projectFolder, '.cache', `examples-${digest}`)
  const interpreter = join(path, 'bin', 'python')
  const done = join(path, '.complete')
  if (existsSync(done)) return interpreter
  // A virtual environment knows its own path, so it is made in place.
  rmSync(path, { recursive: true, force: true })
  run('python3', ['-m', 'venv', path])
  run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements])
  run('touch', [done])
  return interpreter
}

const models = join(projectFolder, 'models')
const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', repository(t, {})])

t.test('with requests', async t => {
  const said = run(python(), [join(folder, 'predict_requests.py'), await server.ready])
  t.strictSame(said.split('\n'), [
    'Adelie: 99.9 %',
    'Gentoo: 61.4 %',
    'bill_length_mm (mm), bill_depth_mm (mm), flipper_length_mm (mm), body_mass_g (g), island (category), sex (category)',
    '400 INVALID_INPUT',
    `  instances[0]: the model has no feature "iland"; did you mean 'island'?`,
    ''
  ])
})

t.test("with Triton's client, in binary", async t => {
  const said = run(python(), [join(folder, 'predict_triton.py'), await server.ready])
  t.strictSame(said.split('\n'), [
    'iris [0, 2]',
    'Adelie: 99.9 %',
    'Gentoo: 61.4 %',
    '400 inputs[0].shape: input "measurements" has the wrong shape (dimension 1 has to be 4): expected [batch,4], got [2,3]',
    ''
  ])
})
