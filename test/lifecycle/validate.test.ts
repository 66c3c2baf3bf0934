import t from 'tap'
import { LoadFailure, validate } from '../../src/lifecycle/validate.ts'
import type { ScannedVersion } from '../../src/repository/scan.ts'
import { scanned } from '../helpers/loader-bench.ts'
import { identity, plus, zipMap } from '../helpers/models.ts'

t.test('a sound version: its graph, its manifest, its features', async t => {
  const manifest = 'inputs: { x: { columns: [{ name: age }, { name: height }] } }\ntimeoutMs: 7'
  const found = await validate(await scanned(t, { 'model.onnx': plus(1) }, manifest))
  t.match(found, {
    graph: { path: /m.1.model\.onnx$/, header: { producerName: 'plus' } },
    manifest: { timeoutMs: 7 },
    features: [{ name: 'age' }, { name: 'height' }]
  })
  t.strictSame(found.graph.signature.inputs, [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }])
})

t.test('what is wrong, and what to do about it', async t => {
  const rules = (text: string) => scanned(t, { 'model.onnx': identity() }, text)
  const cases: [name: string, find: () => Promise<ScannedVersion>, RegExp][] = [
    ['problems of the scan', () => scanned(t, { 'other.onnx': '' }), /model\.onnx is missing/],
    [
      'all that the scan found',
      async () => ({ ...(await rules('')), problems: ['this', 'and that'] }),
      /^this; and that$/
    ],
    ['a broken manifest', () => rules('nonsense: 1'), /nonsense: no such key/],
    ['no model at all', () => scanned(t, { 'model.onnx': 'text' }), /model\.onnx: /],
    ['an output that is no tensor', () => scanned(t, { 'model.onnx': zipMap() }), /zipmap=False/],
    [
      'an unknown input',
      () => rules('inputs: { z: {} }'),
      /^model\.yaml contradicts the graph: inputs: .*no input "z"/
    ],
    ['an unknown output', () => rules('outputs: { z: {} }'), /the graph has no output 'z' \(it has y\)/],
    [
      'classes that do not fit',
      () => rules('outputs: { y: { role: probabilities, classes: [a, b, c] } }'),
      /^model\.yaml contradicts the graph: outputs\.y: 3 classes are named, the graph has 2$/
    ],
    [
      'several at once',
      () => rules('inputs: { z: {} }\noutputs: { z: {}, y: { role: probabilities, classes: [a] } }'),
      /no input "z".*; outputs: .*no output 'z'.*; outputs\.y: 1 classes/
    ]
  ]
  for (const [name, find, reason] of cases) {
    const failure = await validate(await find()).then(
      () => undefined,
      (error: unknown) => error
    )
    t.ok(failure instanceof LoadFailure, name)
    t.match(failure, { name: 'LoadFailure', message: reason }, name)
  }
})

t.test('classes that fit, and roles without a width to compare, are fine', async t => {
  for (const manifest of [
    'outputs: { y: { role: probabilities, classes: [a, b] } }',
    'outputs: { y: { role: label, classes: [a, b, c] } }',
    'outputs: { y: { role: probabilities } }'
  ])
    await t.resolves(validate(await scanned(t, { 'model.onnx': identity() }, manifest)), manifest)
  const open = await scanned(
    t,
    { 'model.onnx': identity('FP32', ['n', 'k']) },
    'outputs: { y: { role: probabilities, classes: [a] } }'
  )
  await t.resolves(validate(open))
})
