// Repositories with one thing wrong each, and what a check has to say of it: where it is, what was expected, what came.
import {
  bfloat16Output,
  externalWeights,
  identity,
  mixed,
  plus,
  unknownOperator,
  zipMap
} from '../helpers/models.ts'
import { onnxModel } from '../helpers/onnx-model.ts'

export interface BrokenRepository {
  readonly what: string
  readonly files: Readonly<Record<string, string | Uint8Array>>
  /** Each has to be found in what the check says; nothing else may be wrong. */
  readonly says: readonly RegExp[]
  /** Settings of the check, by the names of their flags. */
  readonly flags?: Readonly<Record<string, string>>
}

const fp32 = (data: readonly unknown[], shape = [1, 2]): string =>
  JSON.stringify({ inputs: [{ name: 'x', shape, datatype: 'FP32', data }] })

const fine = { 'm/1/model.onnx': plus(1) }
const truncated = plus(1).slice(0, 60)
const opset99 = onnxModel({
  opsets: { '': 99 },
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
  nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }]
})

const files: readonly BrokenRepository[] = [
  {
    what: 'a truncated model',
    files: { 'm/1/model.onnx': truncated },
    says: [/^m 1: validating: m\/1\/model\.onnx: not a readable ONNX model: .*; the file may be cut off$/]
  },
  {
    what: 'an empty file',
    files: { 'm/1/model.onnx': '' },
    says: [/^m 1: validating: m\/1\/model\.onnx: not a readable ONNX model: the file is empty$/]
  },
  {
    what: 'a pointer of Git LFS',
    files: { 'm/1/model.onnx': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n' },
    says: [/^m 1: validating: m\/1\/model\.onnx: .*it is a pointer of Git LFS, .*'git lfs pull'$/]
  },
  {
    what: 'a text file',
    files: { 'm/1/model.onnx': '<html>Not found</html>' },
    says: [/^m 1: validating: m\/1\/model\.onnx: .*it is text that begins with "<html>Not found<\/html>"$/]
  },
  {
    what: 'a model of another format',
    files: { 'm/1/model.onnx': Buffer.from('504b030414000000', 'hex') },
    says: [/^m 1: validating: m\/1\/model\.onnx: .*it is a zip archive, .*; export the model to ONNX$/]
  },
  {
    what: 'a picture',
    files: { 'm/1/model.onnx': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex') },
    says: [/^m 1: validating: m\/1\/model\.onnx: not a readable ONNX model: field number 0$/]
  },
  {
    what: 'no model file',
    files: { 'm/1/README.md': '' },
    says: [/^m 1: validating: m\/1\/model\.onnx is missing$/]
  },
  {
    what: 'external data that is missing',
    files: { 'm/1/model.onnx': externalWeights('weights.bin') },
    says: [/^m 1: validating: m\/1\/model\.onnx: external data "weights\.bin" is missing$/]
  },
  {
    what: 'external data outside of the folder',
    files: {
      'm/1/model.onnx': externalWeights('../2/weights.bin'),
      'm/2/weights.bin': '12345678',
      'm/model.yaml': 'versions: { policy: specific, versions: [1] }'
    },
    says: [
      /external data "\.\.\/2\/weights\.bin" points outside of the version's folder; keep it beside the model$/
    ]
  },
  {
    what: 'external data that is too short',
    files: { 'm/1/model.onnx': externalWeights('weights.bin'), 'm/1/weights.bin': '1234' },
    says: [
      /^m 1: \w+: the runtime cannot load the model: .*external initializer: w .*size to read: 8 .*file_length: 4/i
    ]
  }
]

const graphs: readonly BrokenRepository[] = [
  {
    what: 'an unknown operator',
    files: { 'm/1/model.onnx': unknownOperator() },
    says: [/^m 1: \w+: the runtime cannot load the model: .*NoSuchOperator/]
  },
  {
    what: 'an opset from the future',
    files: { 'm/1/model.onnx': opset99 },
    says: [/^m 1: \w+: the runtime cannot load the model: .*opset.*99|99.*opset/i]
  },
  {
    what: 'a ZipMap output',
    files: { 'm/1/model.onnx': zipMap() },
    says: [
      /output "output_probability" is a sequence, only tensors can be served; scikit-learn classifiers: convert with zipmap=False/
    ]
  },
  {
    what: 'a bfloat16 output',
    files: { 'm/1/model.onnx': bfloat16Output() },
    says: [/output "y" is bfloat16, which the runtime cannot take; cast it to FP32 or FP16/]
  }
]

const manifests: readonly BrokenRepository[] = [
  {
    what: 'a misspelt key',
    files: { ...fine, 'm/model.yaml': 'batchng: { rowsMax: 4 }' },
    says: [/^m: m\/model\.yaml: batchng: no such key; did you mean 'batching'\?$/]
  },
  {
    what: "a misspelt key in a version's model.yaml",
    files: { ...fine, 'm/1/model.yaml': 'batching: { rowMax: 4 }' },
    says: [/^m 1: validating: m\/1\/model\.yaml: batching\.rowMax: no such key; did you mean 'rowsMax'\?$/]
  },
  {
    what: 'a value of the wrong type',
    files: { ...fine, 'm/model.yaml': 'timeoutMs: soon' },
    says: [/^m: m\/model\.yaml: timeoutMs: expected a whole number from 1 to 86400000, got "soon"$/]
  },
  {
    what: 'no YAML',
    files: { ...fine, 'm/model.yaml': 'labels: { stable: 1' },
    says: [/^m: m\/model\.yaml: .*line 1/]
  },
  {
    what: 'a version in the wrong file',
    files: { ...fine, 'm/1/model.yaml': 'labels: { stable: 1 }' },
    says: [/^m 1: validating: m\/1\/model\.yaml: labels: belongs into the model's own file/]
  },
  {
    what: 'another number of columns',
    files: { ...fine, 'm/model.yaml': 'inputs: { x: { columns: [{ name: a }, { name: b }, { name: c }] } }' },
    says: [/^m 1: validating: model\.yaml contradicts the graph: .*3 .*2/]
  },
  {
    what: 'an input that the graph does not have',
    files: { ...fine, 'm/model.yaml': 'inputs: { z: { min: 0 } }' },
    says: [
      /^m 1: validating: model\.yaml contradicts the graph: inputs: the graph has no input "z" \(did you mean 'x'\?\)$/
    ]
  },
  {
    what: 'a type that the graph does not have',
    files: { 'm/1/model.onnx': mixed(), 'm/model.yaml': 'inputs: { plan: { type: number, min: 0 } }' },
    says: [/^m 1: validating: model\.yaml contradicts the graph: .*plan/]
  },
  {
    what: 'another number of classes',
    files: { ...fine, 'm/model.yaml': 'outputs: { y: { role: probabilities, classes: [a, b, c] } }' },
    says: [/^m 1: validating: .*outputs\.y: 3 classes are named, the graph has 2$/]
  },
  {
    what: 'a label on a version that is missing',
    files: { ...fine, 'm/model.yaml': 'labels: { stable: 7 }' },
    says: [/^m: model\.yaml asks for version 7 \(labels\.stable\): expected 7\/model\.onnx, there is '1'$/]
  },
  {
    what: 'a specific version that is missing',
    files: { ...fine, 'm/model.yaml': 'versions: { policy: specific, versions: [1, 2] }' },
    says: [/^m: model\.yaml asks for version 2 \(versions\): expected 2\/model\.onnx, there is '1'$/]
  }
]

const folders: readonly BrokenRepository[] = [
  {
    what: 'ignored folders only',
    files: { 'm/01/model.onnx': plus(1), 'm/v2/model.onnx': plus(2) },
    says: [/^m: model m has no version: expected m\/1\/model\.onnx$/]
  },
  {
    what: 'no models',
    files: { 'README.md': '' },
    says: [/^no models found: expected <model>\/<version>\/model\.onnx in \//]
  }
]

const warmups: readonly BrokenRepository[] = [
  {
    what: 'a warm-up request of another shape',
    files: { ...fine, 'm/1/warmup/a.json': fp32([1, 2, 3], [1, 3]) },
    says: [/^m 1: \w+: warm-up request warmup\/a\.json failed: inputs\[0\]\.shape: .*expected .*2.*got .*3/]
  },
  {
    what: 'a warm-up request of another type',
    files: { ...fine, 'm/1/warmup/a.json': fp32([1, 'two']) },
    says: [
      /^m 1: \w+: warm-up request warmup\/a\.json failed: inputs\[0\]\.data\[1\]: .*expected .*got .*two/
    ]
  },
  {
    what: 'a warm-up file that is no JSON',
    files: { ...fine, 'm/1/warmup/a.json': '{' },
    says: [/^m 1: \w+: warm-up request warmup\/a\.json failed: .*JSON/]
  },
  {
    what: 'a warm-up request that the model fails on',
    files: { 'm/1/model.onnx': identity(), 'm/1/warmup/a.json': fp32([1, 2], [1, 2]).replace('"x"', '"z"') },
    says: [/warm-up request warmup\/a\.json failed: inputs\[0\]\.name: .*"z".*'x'/]
  }
]

export const brokenRepositories: readonly BrokenRepository[] = [
  ...files,
  ...graphs,
  ...manifests,
  ...folders,
  ...warmups
]
