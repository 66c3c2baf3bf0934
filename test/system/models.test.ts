import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { kedge } from '../helpers/process.ts'

interface Column {
  readonly name: string
  readonly data: readonly (number | string)[]
}

/** What scikit-learn answered when it was asked for rows that training never saw. */
interface HeldOut {
  readonly model: string
  readonly version: string
  readonly absolute: number
  readonly relative: number
  readonly request: object
  readonly expected: readonly Column[]
}

const folder = join(projectFolder, 'examples', 'training', 'heldout')

/** The positions at which two columns differ by more than the tolerance. */
function differences(got: Column, wanted: Column, absolute: number, relative: number): number[] {
  const equal = (a: number | string | undefined, b: number | string): boolean =>
    typeof a === 'number' && typeof b === 'number'
      ? Math.abs(a - b) <= absolute + relative * Math.abs(b)
      : a === b
  return wanted.data.flatMap((value, index) => (equal(got.data[index], value) ? [] : [index]))
}

t.test('every served model answers as scikit-learn does, row by row', async t => {
  const models = join(projectFolder, 'models')
  const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', t.testdir({})])
  const address = await server.ready
  const compared: string[] = []
  for (const file of readdirSync(folder)) {
    const { model, version, request, expected, absolute, relative } = JSON.parse(
      readFileSync(join(folder, file), 'utf8')
    ) as HeldOut
    const response = await fetch(`${address}/v2/models/${model}/versions/${version}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request)
    })
    t.equal(response.status, 200, file)
    const { outputs } = (await response.json()) as { outputs: readonly Column[] }
    for (const wanted of expected) {
      const got = outputs.find(({ name }) => name === wanted.name)
      t.equal(got?.data.length, wanted.data.length, `${file} ${wanted.name}: as many values`)
      if (got !== undefined)
        t.same(differences(got, wanted, absolute, relative), [], `${file} ${wanted.name}`)
    }
    compared.push(`${model}/${version}`)
  }
  const served = readdirSync(models, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(models, name))
        .filter(entry => /^\d+$/.test(entry))
        .map(v => `${name}/${v}`)
    )
  t.same(compared.sort(), served.sort(), 'no version was left out')
})
