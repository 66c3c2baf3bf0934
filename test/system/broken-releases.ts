// Versions that load and must not serve: wrong digests, gates that are not passed, models that crash or hang the runtime.
import { createHash } from 'node:crypto'
import { crashes, externalWeights, identity, opensForever, plus, slow } from '../helpers/models.ts'
import type { BrokenRepository } from './broken-repositories.ts'

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
const zeros = '0'.repeat(64)
const own = sha256(plus(1))

/** A version of `y = x + 1` with this SHA256SUMS. */
const summed = (text: string): Record<string, string | Uint8Array> => ({
  'm/1/model.onnx': plus(1),
  'm/1/SHA256SUMS': text
})

const digests: readonly BrokenRepository[] = [
  {
    what: 'a digest that is another one',
    files: summed(`${zeros}  model.onnx\n`),
    says: [new RegExp(`^m 1: validating: m/1/model\\.onnx: expected SHA-256 ${zeros}, got ${own}$`)]
  },
  {
    what: 'a file that SHA256SUMS does not list',
    files: { ...summed(`${sha256('readme')}  README.md\n`), 'm/1/README.md': 'readme' },
    says: [
      /^m 1: validating: m\/1\/SHA256SUMS: expected every file that is loaded to be listed, got none for 'model\.onnx'$/
    ]
  },
  {
    what: 'external data that SHA256SUMS does not list',
    files: {
      'm/1/model.onnx': externalWeights('weights.bin'),
      'm/1/weights.bin': '12345678',
      'm/1/SHA256SUMS': `${sha256(externalWeights('weights.bin'))}  model.onnx\n`
    },
    says: [/^m 1: validating: m\/1\/SHA256SUMS: expected every file .* got none for 'weights\.bin'$/]
  },
  {
    what: 'a file that SHA256SUMS lists and nobody put there',
    files: summed(`${own}  model.onnx\n${zeros}  warmup/a.json\n`),
    says: [
      new RegExp(
        `^m 1: validating: m/1/warmup/a\\.json: expected SHA-256 ${zeros}, got nothing \\(.*is missing\\)$`
      )
    ]
  },
  {
    what: 'a SHA256SUMS of another form',
    files: summed(`model.onnx ${own}\n`),
    says: [
      /^m 1: validating: m\/1\/SHA256SUMS, line 1: expected 64 hexadecimal digits, two spaces and a file's name, got "model\.onnx /
    ]
  }
]

const request = (data: string, name = 'x'): string =>
  `request: { inputs: [{ name: ${name}, shape: [2, 1], datatype: FP32, data: ${data} }] }\n`
const column = identity('FP32', ['batch', 1])

/** A version of `y = x` with a gate of these files. */
function gated(gate: Readonly<Record<string, string>>, manifest = ''): Record<string, string | Uint8Array> {
  const files = Object.entries(gate).map(([name, text]) => [`m/1/gate/${name}`, text] as const)
  return { 'm/1/model.onnx': column, 'm/model.yaml': manifest, ...Object.fromEntries(files) }
}

const rows = 'x,truth\n1,1\n2,4\n'

const gates: readonly BrokenRepository[] = [
  {
    what: 'a wrong answer',
    files: gated({ 'a.yaml': `${request('[1, 2]')}expected: { y: [1, 2.5] }` }),
    says: [/^m 1: gating: .*gate\/a\.yaml: y, row 1: the value differs: expected 2\.5, got 2$/]
  },
  {
    what: 'an answer of another size',
    files: gated({ 'a.yaml': `${request('[1, 2]')}expected: { y: [1] }` }),
    says: [/^m 1: gating: .*gate\/a\.yaml: y: the number of elements differs: expected 1, got 2$/]
  },
  {
    what: 'an answer that the model does not give',
    files: gated({ 'a.yaml': `${request('[1, 2]')}expected: { z: [1, 2] }` }),
    says: [/^m 1: gating: .*gate\/a\.yaml: z: the model has no such output$/]
  },
  {
    what: 'a gate request that does not fit',
    files: gated({ 'a.yaml': `${request('[1, 2]', 'z')}expected: { y: [1, 2] }` }),
    says: [
      /^m 1: validating: gate\/a\.yaml: request: inputs\[0\]\.name: the model has no input "z": expected one of 'x'/
    ]
  },
  {
    what: 'a score beyond its bound',
    files: gated({ 'a.yaml': 'data: rows.csv\nlabel: truth\nmetric: MAE\natMost: 0.5', 'rows.csv': rows }),
    says: [/^m 1: gating: .*gate\/a\.yaml: .*MAE.*0\.5.*1/]
  },
  {
    what: 'a score below its bound',
    files: gated(
      { 'a.yaml': 'data: rows.csv\nlabel: truth\nmetric: accuracy\natLeast: 0.9', 'rows.csv': rows },
      'outputs: { y: { role: label } }'
    ),
    says: [/^m 1: gating: .*gate\/a\.yaml: .*accuracy.*0\.9.*0\.5/]
  },
  {
    what: 'a scored set without its data',
    files: gated({ 'a.yaml': 'data: rows.csv\nlabel: truth\nmetric: MAE\natMost: 0.5' }),
    says: [/^m 1: validating: gate\/a\.yaml: data: gate\/rows\.csv is missing$/]
  },
  {
    what: 'a scored set without its label',
    files: gated({ 'a.yaml': 'data: rows.csv\nlabel: trut\nmetric: MAE\natMost: 0.5', 'rows.csv': rows }),
    says: [/^m 1: gating: .*gate\/a\.yaml: .*trut/]
  },
  {
    what: 'a misspelt key in a gate',
    files: gated({ 'a.yaml': `${request('[1, 2]')}expcted: { y: [1, 2] }` }),
    says: [/^m 1: validating: gate\/a\.yaml: expcted: no such key; did you mean 'expected'\?$/]
  },
  {
    what: 'a scored set without a bound',
    files: gated({ 'a.yaml': 'data: rows.csv\nlabel: truth\nmetric: MAE', 'rows.csv': rows }),
    says: [/^m 1: validating: gate\/a\.yaml: metric: expected a bound: atLeast or atMost$/]
  },
  {
    what: 'a gate that is required and missing',
    files: { 'm/1/model.onnx': plus(1), 'm/model.yaml': 'gate: { required: true }' },
    says: [/^m 1: validating: model\.yaml requires a gate, and the version has none: put tests into gate\/$/]
  },
  {
    what: 'runs that take longer than the gate allows',
    files: {
      'm/1/model.onnx': slow(8),
      'm/1/gate/a.yaml': `${request('[1, 2]')}`,
      'm/model.yaml': 'gate: { runMsMax: 0.001, slowRun: fail }'
    },
    says: [/^m 1: gating: .*the median run takes \S+ ms, at most 0\.001 are allowed \(gate\.runMsMax\)$/]
  }
]

const hostile: readonly BrokenRepository[] = [
  {
    what: 'a model that hangs while its session is created',
    files: { 'm/1/model.onnx': opensForever() },
    flags: { 'lifecycle-load-max-ms': '1000' },
    says: [
      /^m 1: probing: the probe was killed after \d+ ms \(lifecycle\.loadMaxMs\): the model hangs while its session is created$/
    ]
  },
  {
    what: 'a model that hangs in its warm-up',
    files: { 'm/1/model.onnx': slow(2 ** 40) },
    flags: { 'lifecycle-load-max-ms': '1000' },
    says: [
      /^m 1: probing: the probe was killed after \d+ ms \(lifecycle\.loadMaxMs\): the model hangs while it runs the warm-up$/
    ]
  }
]

/** Only the processors of x64 end a process that divides the least integer by -1; others give an answer. */
const crashing: readonly BrokenRepository[] = [
  {
    what: 'a model that crashes the process while its session is created',
    files: { 'm/1/model.onnx': crashes('opening') },
    says: [/^m 1: probing: the model crashed the probe while its session is created: .*SIGFPE/]
  },
  {
    what: 'a model that crashes the process in its warm-up',
    files: { 'm/1/model.onnx': crashes('running') },
    says: [/^m 1: probing: the model crashed the probe while it runs the warm-up: .*SIGFPE/]
  }
]

export const brokenReleases: readonly BrokenRepository[] = [
  ...digests,
  ...gates,
  ...hostile,
  ...(process.arch === 'x64' ? crashing : [])
]
