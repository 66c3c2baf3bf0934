import { realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readGateFiles } from '../../src/repository/gate-file.ts'
import { repository } from '../helpers/app.ts'
import { scannedVersion } from '../helpers/fakes.ts'

const limits = { gateFilesMax: 3, gateBytesMax: 2000 }

const read = (t: Test, files: Readonly<Record<string, string>>) => {
  const inside = Object.entries(files).map(([name, content]) => [`m/1/gate/${name}`, content] as const)
  return readGateFiles(
    scannedVersion(1, { root: repository(t, Object.fromEntries([['m/1/x', ''], ...inside])) }),
    limits
  )
}

t.test('no folder, or nothing in it that is a gate file: no gate', async t => {
  t.strictSame(await read(t, {}), [])
  t.strictSame(await read(t, { 'rows.csv': 'a\n1\n', '.hidden.yaml': 'no', 'notes.txt': 'x' }), [])
})

t.test('cases: outputs as a list or by name, tolerances of the file or of one output', async t => {
  const files = await read(t, {
    'a.yaml':
      'request: { inputs: [{ name: x, shape: [1], datatype: FP32, data: [.nan] }] }\nexpected: { y: [1, 2] }\nabsolute: 0.5',
    'b.json': '{"request":{"inputs":[]},"expected":[{"name":"y","data":1,"shape":[1],"relative":0}]}',
    'c.yml': 'request: { inputs: [] }'
  })
  t.match(files, [
    {
      kind: 'case',
      file: 'gate/a.yaml',
      request: '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":["NaN"]}]}',
      expected: [{ name: 'y', data: [1, 2], shape: undefined, absolute: 0.5, relative: 1e-4 }]
    },
    { file: 'gate/b.json', expected: [{ name: 'y', data: 1, shape: [1], absolute: 1e-5, relative: 0 }] },
    { file: 'gate/c.yml', expected: [] }
  ])
})

t.test('scored sets', async t => {
  const [set] = await read(t, {
    'a.yaml': 'data: rows.csv\nlabel: truth\nmetric: macro-F1\natLeast: 0.9\nrowsMax: 10',
    'rows.csv': 'a'
  })
  t.match(set, {
    kind: 'scored',
    file: 'gate/a.yaml',
    dataName: 'gate/rows.csv',
    label: 'truth',
    metric: 'macro-F1',
    atLeast: 0.9,
    rowsMax: 10
  })
})

t.test('whatever is wrong is said, all at once', async t => {
  const cases: [content: string, problem: RegExp][] = [
    ['', /^gate\/a\.yaml: request: expected the body of a V2 request$/],
    [
      '[1]',
      /^gate\/a\.yaml: expected a case \(request, expected\) or a scored set \(data, label, metric\), got an array of 1$/
    ],
    ['request: 5', /^gate\/a\.yaml: request: expected the body of a V2 request$/],
    ['expected: {}', /^gate\/a\.yaml: request: expected the body/],
    ['request: {}\nexpcted: {}', /^gate\/a\.yaml: expcted: no such key; did you mean 'expected'\?$/],
    ['request: {}\nexpected: [{ name: y, dta: 1 }]', /expected/],
    ['request: {}\nabsolute: -1', /^gate\/a\.yaml: absolute: expected a number from 0$/],
    [
      'data: x.csv',
      /label: expected a name; gate\/a\.yaml: metric: expected accuracy, macro-F1, log-loss, MAE, RMSE$/
    ],
    [
      'data: x.csv\nlabel: y\nmetric: accuracy',
      /^gate\/a\.yaml: metric: expected a bound: atLeast or atMost$/
    ],
    ['data: gone.csv\nlabel: y\nmetric: MAE\natMost: 1', /^gate\/a\.yaml: data: gate\/gone\.csv is missing$/],
    [
      'data: ../../../out.csv\nlabel: y\nmetric: MAE\natMost: 1',
      /leads outside of the repository|is missing/
    ],
    ['a: [', /^gate\/a\.yaml: /],
    [`request: { a: '${'x'.repeat(3000)}' }`, /has 3\d+ bytes, at most 2000 are allowed$/]
  ]
  for (const [content, message] of cases)
    await t.rejects(read(t, { 'a.yaml': content }), { message }, content.slice(0, 40))
  await t.rejects(read(t, { 'a.yaml': 'x: 1', 'b.yaml': '5' }), {
    message: /^gate\/a\.yaml: .*; gate\/b\.yaml: /
  })
  const many = Object.fromEntries(['a', 'b', 'c', 'd'].map(name => [`${name}.yaml`, 'request: {}']))
  await t.rejects(read(t, many), { message: 'm/1/gate holds 4 gate files, at most 3 are allowed' })
})

t.test('data outside of the repository is never read', async t => {
  const folder = realpathSync(
    t.testdir({
      'rows.csv': 'secret',
      root: { m: { 1: { gate: { 'a.yaml': 'data: rows.csv\nlabel: y\nmetric: MAE\natMost: 1' } } } }
    })
  )
  const root = join(folder, 'root')
  symlinkSync(join(folder, 'rows.csv'), join(root, 'm', '1', 'gate', 'rows.csv'))
  await t.rejects(readGateFiles(scannedVersion(1, { root }), limits), {
    message: /leads outside of the repository/
  })
})
