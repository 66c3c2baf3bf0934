import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t, { type Test } from 'tap'
import { type Graph, readGraph } from '../../src/repository/graph.ts'
import { scannedVersion } from '../helpers/fakes.ts'
import { bfloat16Output, externalWeights, identity, mixed, sum, zipMap } from '../helpers/models.ts'
import { field, onnxModel, type TensorValue } from '../helpers/onnx-model.ts'

/** A repository with these files, and version 1 of model `m` in it. */
function version(t: Test, files: Readonly<Record<string, string | Uint8Array>>) {
  const root = join(realpathSync(t.testdir({ outside: { 'w.bin': '12345678' }, root: {} })), 'root')
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return scannedVersion(1, { root })
}

/** What is wrong with version 1, without the name of its file. */
async function problemsOf(scanned: ReturnType<typeof version>): Promise<readonly string[]> {
  const graph = await readGraph(scanned)
  return 'problems' in graph ? graph.problems.map(problem => problem.replace('m/1/model.onnx: ', '')) : []
}

const withOutputs = (...outputs: TensorValue[]): Uint8Array => onnxModel({ inputs: [], outputs, nodes: [] })

t.test('the signature of a graph', async t => {
  const scanned = version(t, { 'm/1/model.onnx': mixed() })
  const graph = (await readGraph(scanned)) as Graph
  t.equal(graph.path, join(scanned.root, 'm/1/model.onnx'))
  t.equal(graph.header.producerName, 'kedge-tests')
  t.strictSame(graph.signature, {
    inputs: [
      { name: 'age', datatype: 'FP32', shape: ['N', 1] },
      { name: 'plan', datatype: 'BYTES', shape: ['N', 1] },
      { name: 'visits', datatype: 'INT64', shape: ['N', 1] }
    ],
    outputs: [
      { name: 'age_out', datatype: 'FP32', shape: ['N', 1] },
      { name: 'plan_out', datatype: 'BYTES', shape: ['N', 1] },
      { name: 'visits_out', datatype: 'INT64', shape: ['N', 1] }
    ]
  })
  const open = version(t, {
    'm/1/model.onnx': withOutputs({ name: 'y', datatype: 'FP16', shape: undefined })
  })
  t.match(await readGraph(open), { signature: { outputs: [{ datatype: 'FP16', shape: undefined }] } })
})

t.test('what the runtime cannot take is refused, with what to do', async t => {
  const advice = 'which the runtime cannot take; cast it to FP32 or FP16 in the graph'
  const cases: [name: string, model: Uint8Array, problem: RegExp | string][] = [
    ['zipmap', zipMap(), /^output "output_probability" is a sequence, only tensors .*zipmap=False/],
    ['bfloat16', bfloat16Output(), `output "y" is bfloat16, ${advice}`],
    ['no outputs', withOutputs(), 'the graph has no outputs'],
    ['unknown operator set', Buffer.from(''), 'not a readable ONNX model: the file is empty']
  ]
  for (const [name, model, problem] of cases)
    t.match(await problemsOf(version(t, { 'm/1/model.onnx': model })), [problem], name)
  const types: [number, string][] = [
    [14, 'complex64'],
    [17, 'float8e4m3fn'],
    [22, 'int4'],
    [0, 'element type 0'],
    [99, 'element type 99'],
    [-1, 'element type -1']
  ]
  for (const [datatype, word] of types) {
    const model = withOutputs({ name: 'y', datatype, shape: [1] })
    t.strictSame(await problemsOf(version(t, { 'm/1/model.onnx': model })), [
      `output "y" is ${word}, ${advice}`
    ])
  }
})

t.test('all problems are told at once', async t => {
  const model = onnxModel({
    inputs: [
      { name: 'a', datatype: 16, shape: [1] },
      { name: 'b', type: field(9, new Uint8Array(0)) }
    ],
    outputs: [],
    initializers: [{ name: 'w', datatype: 'FP32', shape: [2], data: { location: 'none.bin' } }],
    nodes: []
  })
  t.match(await problemsOf(version(t, { 'm/1/model.onnx': model })), [
    /^input "a" is bfloat16/,
    'input "b" is an optional, only tensors can be served',
    'the graph has no outputs',
    'external data "none.bin" is missing'
  ])
})

t.test('a file that is gone, is no model, or is no file', async t => {
  const gone = version(t, { 'm/1/other': '' })
  t.strictSame(await readGraph(gone), { problems: ['m/1/model.onnx is missing'] })
  execFileSync('mkfifo', [join(gone.root, 'm/1/model.onnx')])
  t.strictSame(await problemsOf(gone), ['not a readable ONNX model: it is no regular file'])
  const text = version(t, { 'm/1/model.onnx': 'text' })
  t.match(await readGraph(text), { problems: [/^m\/1\/model\.onnx: not a readable ONNX model: /] })
  const out = version(t, { 'm/1/other': '' })
  symlinkSync(join(out.root, '../outside/w.bin'), join(out.root, 'm/1/model.onnx'))
  t.strictSame(await problemsOf(out), ['m/1/model.onnx leads outside of the repository'])
})

t.test('external data beside the model', async t => {
  for (const location of ['w.bin', './w.bin', 'data/w.bin', 'data/../w.bin', '..w.bin']) {
    const files = { 'm/1/w.bin': '12345678', 'm/1/data/w.bin': '12345678', 'm/1/..w.bin': '12345678' }
    const scanned = version(t, { ...files, 'm/1/model.onnx': externalWeights(location) })
    t.strictSame(await problemsOf(scanned), [], location)
  }
})

t.test('external data outside is refused, there or not', async t => {
  const outside = [
    '../w.bin',
    '../1x/w.bin',
    'data/../../w.bin',
    '../../../outside/w.bin',
    '..',
    '/etc/passwd',
    ''
  ]
  for (const location of outside) {
    const scanned = version(t, { 'm/w.bin': '12345678', 'm/1/model.onnx': externalWeights(location) })
    t.strictSame(await problemsOf(scanned), [
      `external data ${JSON.stringify(location)} points outside of the version's folder; keep it beside the model`
    ])
  }
  // The folder itself: nothing of it is outside, but it is no data either.
  const dot = version(t, { 'm/1/model.onnx': externalWeights('.') })
  t.strictSame(await problemsOf(dot), ['external data "." is not a file'])
})

t.test('external data through links: inside is fine, outside and pipes are not', async t => {
  const scanned = version(t, { 'shared/w.bin': '12345678', 'm/1/model.onnx': externalWeights('w.bin') })
  const data = join(scanned.root, 'm/1/w.bin')
  const cases: [target: string, problems: string[]][] = [
    ['../../shared/w.bin', []],
    ['../../../outside/w.bin', ['external data "w.bin": m/1/w.bin leads outside of the repository']],
    ['../../shared', ['external data "w.bin" is not a file']],
    ['none', ['external data "w.bin" is missing']],
    ['w.bin', ['external data "w.bin": m/1/w.bin cannot be read (ELOOP)']]
  ]
  for (const [target, problems] of cases) {
    symlinkSync(target, data)
    t.strictSame(await problemsOf(scanned), problems, target)
    rmSync(data)
  }
  execFileSync('mkfifo', [data])
  t.strictSame(await problemsOf(scanned), ['external data "w.bin" is not a file'])
})

t.test('external data is looked for where the runtime does: beside the real file', async t => {
  const link = (scanned: ReturnType<typeof version>): void =>
    symlinkSync('../../shared/big.onnx', join(scanned.root, 'm/1/model.onnx'))
  const there = version(t, { 'shared/big.onnx': externalWeights('w.bin'), 'shared/w.bin': '1', 'm/1/x': '' })
  link(there)
  t.strictSame(await problemsOf(there), [])
  const elsewhere = version(t, { 'shared/big.onnx': externalWeights('w.bin'), 'm/1/w.bin': '1' })
  link(elsewhere)
  t.strictSame(await problemsOf(elsewhere), ['external data "w.bin" is missing'])
})

t.test('the files of a version: as the graph spells them, where they are, and by their names', async t => {
  const filesOf = async (scanned: ReturnType<typeof version>) => {
    const { dataFiles, files } = (await readGraph(scanned)) as Graph
    const inRoot = dataFiles.map(({ location, path }) => [location, relative(scanned.root, path)])
    return [inRoot, files]
  }
  t.strictSame(await filesOf(version(t, { 'm/1/model.onnx': identity() })), [[], ['model.onnx']])
  const spelled = version(t, {
    'm/1/data/w.bin': '1',
    'm/1/model.onnx': externalWeights('./data/../data/w.bin')
  })
  t.strictSame(await filesOf(spelled), [
    [['./data/../data/w.bin', 'm/1/data/w.bin']],
    ['model.onnx', 'data/w.bin']
  ])
  // As Kubernetes mounts files: the names are in the version's folder, the files are not.
  const linked = version(t, {
    '..data/model.onnx': externalWeights('w.bin'),
    '..data/w.bin': '1',
    'm/1/x': ''
  })
  for (const name of ['model.onnx', 'w.bin'])
    symlinkSync(`../../..data/${name}`, join(linked.root, 'm/1', name))
  t.strictSame(await filesOf(linked), [[['w.bin', '..data/w.bin']], ['model.onnx', 'w.bin']])
  // The data lies beside the real file alone; another file has its name here.
  rmSync(join(linked.root, 'm/1/w.bin'))
  writeFileSync(join(linked.root, 'm/1/w.bin'), '2')
  t.strictSame(await filesOf(linked), [[['w.bin', '..data/w.bin']], ['model.onnx', '../../..data/w.bin']])
  const single = version(t, { 'only.onnx': externalWeights('w.bin'), 'w.bin': '1' })
  t.strictSame(await filesOf({ ...single, folder: '', file: 'only.onnx' }), [
    [['w.bin', 'w.bin']],
    ['only.onnx', 'w.bin']
  ])
})

t.test('a model directly in the root of the repository', async t => {
  const root = version(t, { 'only.onnx': externalWeights('w.bin'), 'w.bin': '12345678' })
  t.strictSame(await problemsOf({ ...root, folder: '', file: 'only.onnx' }), [])
  rmSync(join(root.root, 'w.bin'))
  t.match(await problemsOf({ ...root, folder: '', file: 'only.onnx' }), [/external data "w.bin" is missing$/])
})

t.test('models without external data have no problem', async t => {
  for (const model of [identity(), sum()])
    t.strictSame(await problemsOf(version(t, { 'm/1/model.onnx': model })), [])
})
