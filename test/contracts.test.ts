import t, { type Test } from 'tap'
import { loadSettings } from '../src/config/load.ts'
import { type ContractOf, readContracts } from '../src/contracts.ts'
import { repository } from './helpers/app.ts'
import { identity, plus } from './helpers/models.ts'

function read(folder: string, ...wanted: readonly (string | ContractOf)[]) {
  const settings = loadSettings({ flags: { models: [folder] }, env: {} })
  const all = wanted.map(one => (typeof one === 'string' ? { model: one, version: undefined } : one))
  return readContracts(settings, all)
}

const three = { 'm/1/model.onnx': plus(1), 'm/2/model.onnx': plus(2), 'm/3/model.onnx': plus(3) }

async function versionOf(t: Test, files: Record<string, string | Uint8Array>): Promise<string> {
  const [contract] = await read(repository(t, { ...three, ...files }), 'm')
  return (contract!.document as { version: string }).version
}

t.test('the version that would answer by default', async t => {
  const cases: [files: Record<string, string>, version: string][] = [
    [{}, '3'],
    [{ 'm/model.yaml': 'labels: { stable: 1 }' }, '1'],
    [{ 'm/model.yaml': 'labels: { canary: 1 }' }, '3'],
    [{ 'm/model.yaml': 'versions: { policy: specific, versions: [2, 1] }' }, '2'],
    [{ 'm/3/model.onnx': 'no model' }, '2'],
    [{ 'm/3/model.yaml': 'outputs: { z: { role: score } }' }, '2'],
    [{ 'm/model.yaml': 'labels: { stable: 1 }', 'm/1/model.onnx': 'no model' }, '3']
  ]
  for (const [files, version] of cases) t.equal(await versionOf(t, files), version, JSON.stringify(files))
})

t.test('a contract is what the server answers, in JSON', async t => {
  const manifest =
    'description: Adds\ninputs: { x: { columns: [{ name: a, type: number, unit: cm }, { name: b, default: 1 }] } }'
  const folder = repository(t, { ...three, 'm/model.yaml': manifest, 'other/1/model.onnx': identity() })
  const [first, second] = await read(folder, { model: 'm', version: 2 }, 'other')
  t.match(first, {
    description: 'Adds',
    document: {
      model: 'm',
      version: '2',
      features: [
        { name: 'a', input: 'x', column: 0, type: 'number', unit: 'cm' },
        { name: 'b', default: 1 }
      ],
      v1: { path: '/v1/models/m:predict', request: { type: 'object' }, response: { type: 'object' } }
    }
  })
  t.match(second, { description: undefined, document: { model: 'other', version: '1' } })
})

t.test('what cannot be described says why, and what is there', async t => {
  const folder = repository(t, {
    ...three,
    'broken/1/model.onnx': 'no model',
    'unreadable/1/model.onnx': plus(1),
    'unreadable/model.yaml': 'nonsense: 1',
    'late/1/model.onnx': plus(1),
    'late/model.yaml': 'versions: { policy: specific, versions: [7] }',
    'empty/1/README': ''
  })
  const cases: [wanted: string | ContractOf, message: RegExp][] = [
    ['n', /^no model "n": there are 'broken', .*; did you mean 'm'\?$/],
    ['nothing-like-it', /^no model "nothing-like-it": there are [^;]*$/],
    [{ model: 'm', version: 9 }, /^model m has no version 9: there is '3', '2', '1'$/],
    ['broken', /^model broken version 1: /],
    ['unreadable', /^model unreadable: .*nonsense/],
    ['late', /^model late has no version that would serve$/]
  ]
  for (const [wanted, message] of cases)
    await t.rejects(read(folder, wanted), { name: 'ContractError', message }, JSON.stringify(wanted))
  await t.rejects(read(`${folder}/nowhere`, 'm'), { name: 'RepositoryError' })
  await t.rejects(read(repository(t, {}), 'm'), { message: 'no model "m": the repository has none' })
})
