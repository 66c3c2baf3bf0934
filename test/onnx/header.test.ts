import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { dimensionsMax, entriesMax, type OnnxHeader, readOnnxHeader } from '../../src/onnx/header.ts'
import { OnnxFormatError, textBytesMax } from '../../src/onnx/protobuf.ts'
import { identity, plus, zipMap } from '../helpers/models.ts'
import { field, graph, type ModelParts, onnxModel, valueInfo } from '../helpers/onnx-model.ts'

const path = join(t.testdir({}), 'model.onnx')
const all = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)

function header(bytes: Uint8Array): OnnxHeader {
  writeFileSync(path, bytes)
  return readOnnxHeader(path)
}

/** The header, or the words that the file is refused with; any other error is thrown. */
function outcome(bytes: Uint8Array): OnnxHeader | string {
  try {
    return header(bytes)
  } catch (error) {
    if (error instanceof OnnxFormatError) return error.message
    throw error
  }
}

const small: ModelParts = { inputs: [], outputs: [], nodes: [] }
const opset = field(8, all(field(1, ''), field(2, 17)))
const emptyModel = all(field(7, graph(small)), opset)

t.test('everything that a model says of itself', async t => {
  const model = header(
    onnxModel({
      irVersion: 10,
      opsets: { '': 21, 'ai.onnx.ml': 4, 'com.example': 1 },
      producerName: 'skl2onnx',
      producerVersion: '1.18.0',
      domain: 'org.example',
      modelVersion: 7,
      docString: 'Läst 😀',
      metadata: { author: 'me', empty: '', __proto__x: 'y' },
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', null, 4] }],
      outputs: [
        { name: 'y', datatype: 'INT64', shape: [] },
        { name: 'z', datatype: 16, shape: undefined }
      ],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }]
    })
  )
  t.strictSame(
    { ...model, metadata: Object.fromEntries(model.metadata) },
    {
      irVersion: 10,
      modelVersion: 7,
      producerName: 'skl2onnx',
      producerVersion: '1.18.0',
      domain: 'org.example',
      docString: 'Läst 😀',
      opsets: [
        { domain: '', version: 21 },
        { domain: 'ai.onnx.ml', version: 4 },
        { domain: 'com.example', version: 1 }
      ],
      metadata: { author: 'me', empty: '', __proto__x: 'y' },
      inputs: [{ name: 'x', kind: 'tensor', elementType: 1, shape: ['batch', null, 4] }],
      outputs: [
        { name: 'y', kind: 'tensor', elementType: 7, shape: [] },
        { name: 'z', kind: 'tensor', elementType: 16, shape: undefined }
      ],
      externalData: []
    }
  )
})

t.test('what is left out is empty, and the order of the fields does not matter', async t => {
  const model = header(emptyModel)
  t.match(model, { irVersion: 0, modelVersion: 0, producerName: '', docString: '', domain: '' })
  t.strictSame([model.inputs, model.outputs, model.metadata.size], [[], [], 0])
  t.strictSame(header(all(opset, field(7, graph(small)))), model)
})

t.test('sizes, names and freedom of dimensions', async t => {
  const shape = (...dims: Uint8Array[]): unknown => {
    const type = field(1, all(field(1, 1), field(2, all(...dims.map(dim => field(1, dim))))))
    const value = all(field(1, 'x'), field(2, type))
    const [input] = header(all(field(7, field(11, value)), opset)).inputs
    return input?.kind === 'tensor' ? input.shape : input
  }
  const denotation = field(3, 'DATA_BATCH')
  t.strictSame(shape(), [])
  t.strictSame(shape(field(1, 0), field(1, 5), all(field(1, 5), denotation)), [0, 5, 5])
  t.strictSame(shape(field(2, 'batch'), all(denotation, field(2, 'n'))), ['batch', 'n'])
  t.strictSame(shape(new Uint8Array(0), denotation, field(2, ''), field(1, -1)), [null, null, null, null])
})

t.test('values that are no tensors', async t => {
  const other = (type: Uint8Array): unknown =>
    header(all(field(7, field(12, valueInfo({ name: 'v', type }))), opset)).outputs
  const cases: [Uint8Array, string][] = [
    [field(4, field(1, field(1, new Uint8Array(0)))), 'sequence'],
    [field(5, field(1, 7)), 'map'],
    [field(8, field(1, 1)), 'sparse tensor'],
    [field(9, field(1, new Uint8Array(0))), 'optional'],
    [field(7, new Uint8Array(0)), 'value of unknown type'],
    [field(6, 'IMAGE'), 'value of unknown type'],
    [new Uint8Array(0), 'value of unknown type']
  ]
  for (const [type, kind] of cases) t.strictSame(other(type), [{ name: 'v', kind }], kind)
  const untyped = header(all(field(7, field(12, field(1, 'v'))), opset))
  t.strictSame(untyped.outputs, [{ name: 'v', kind: 'value of unknown type' }])
  t.match(header(zipMap()).outputs, [{ name: 'output_probability', kind: 'sequence' }])
})

t.test('an initializer that is listed as an input is none, wherever it stands', async t => {
  const value = (name: string): Uint8Array => field(11, valueInfo({ name, datatype: 'FP32', shape: [1] }))
  const weights = field(5, all(field(9, new Uint8Array(4)), field(8, 'w')))
  for (const parts of [
    [value('x'), value('w'), weights],
    [weights, value('w'), value('x')]
  ]) {
    const { inputs } = header(all(field(7, all(...parts)), opset))
    t.strictSame(
      inputs.map(input => input.name),
      ['x']
    )
  }
})

t.test('files that are no model', async t => {
  const cases: [name: string, bytes: Uint8Array, problem: RegExp][] = [
    ['empty', new Uint8Array(0), /the file is empty$/],
    ['no graph', opset, /it holds no graph$/],
    ['no operator set', field(7, graph(small)), /it names no operator set$/],
    ['graph that is a number', all(field(7, 5), opset), /field 7 is not a message$/],
    ['producer that is a number', all(field(2, 5), emptyModel), /field 2 is not a text$/],
    ['version that is a text', all(field(1, 'x'), emptyModel), /field 1 is not a number$/],
    ['text', Buffer.from('<!DOCTYPE html><html></html>'), /^not a readable ONNX model: it is text that/],
    [
      'Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      /: it is a pointer of Git LFS/
    ],
    ['zip', Buffer.from('PK\u0003\u0004rest of an archive'), /: it is a zip archive/],
    ['P', Buffer.from('P'), /: it is text that begins with "P"$/],
    ['zeros', new Uint8Array(4096), /field number 0$/]
  ]
  for (const [name, bytes, problem] of cases) t.match(outcome(bytes), problem, name)
  t.throws(() => readOnnxHeader(`${path}.none`), { code: 'ENOENT' })
})

t.test('a model that is cut off anywhere is refused, or says as much as it holds', async t => {
  const bytes = plus(3)
  const whole = header(bytes)
  let readable = 0
  for (let length = 0; length < bytes.length; length++) {
    const cut = outcome(bytes.subarray(0, length))
    if (typeof cut === 'string') continue
    readable++
    t.strictSame(cut.inputs, whole.inputs, `${length} bytes`)
    t.ok(cut.metadata.size <= whole.metadata.size)
  }
  // Only between the last entries, after graph and operator set, is a cut invisible.
  t.ok(readable <= 2, `${readable} cuts were readable`)
})

t.test('damaged models are refused or read, nothing else', async () => {
  const models = [identity(), plus(3), zipMap()]
  const damage = fc.record({
    model: fc.constantFrom(...models),
    bytes: fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4
    }),
    cut: fc.option(fc.nat(10_000))
  })
  fc.assert(
    fc.property(damage, ({ model, bytes, cut }) => {
      const damaged = Buffer.from(model)
      for (const [place, byte] of bytes) damaged[place % damaged.length] = byte
      outcome(cut === null ? damaged : damaged.subarray(0, cut % damaged.length))
    }),
    { numRuns: 2000 }
  )
})

t.test('names without end are refused', async t => {
  const long = new Uint8Array(textBytesMax + 1)
  for (const number of [2, 3, 4, 6])
    t.match(outcome(all(field(number, long), emptyModel)), /a text of 1048577 bytes/, `field ${number}`)
  t.match(outcome(all(field(14, field(1, long)), emptyModel)), /a text of/)
  t.match(outcome(all(field(7, field(11, field(1, long))), opset)), /a text of/)
  t.equal(header(all(field(6, long.subarray(1)), emptyModel)).docString.length, textBytesMax)
})

t.test('lists without end are refused', async t => {
  const many = (count: number, entry: Uint8Array): Uint8Array =>
    Buffer.concat(new Array<Uint8Array>(count).fill(entry))
  const dims = (count: number): Uint8Array =>
    field(7, field(11, field(2, field(1, field(2, many(count, field(1, field(1, 1))))))))
  t.match(outcome(all(many(entriesMax + 1, opset), emptyModel)), /more than 65536 entries$/)
  const metadata = Array.from({ length: entriesMax + 1 }, (_, index) => field(14, field(1, String(index))))
  t.match(outcome(all(...metadata, emptyModel)), /more than 65536 entries$/)
  for (const number of [11, 12]) {
    const values = many(entriesMax + 1, field(number, field(1, 'v')))
    t.match(outcome(all(field(7, values), opset)), /more than 65536 inputs or outputs$/)
  }
  t.match(outcome(all(dims(dimensionsMax + 1), opset)), /more than 1024 dimensions$/)
  t.match(header(all(dims(dimensionsMax), opset)).inputs, [{ kind: 'tensor' }])
})

t.test('terabytes of weights are passed over', async t => {
  const hole = 2 ** 40
  const output = field(12, valueInfo({ name: 'y', datatype: 'FP32', shape: [1] }))
  // A key and a length with nothing behind them, up to where the hole ends.
  const head = (number: number, length: number): Uint8Array =>
    all(field(number, length).map((byte, index) => (index === 0 ? byte + 2 : byte)))
  const raw = head(9, hole)
  const initializer = head(5, raw.length + hole)
  const graphHead = head(7, initializer.length + raw.length + hole + output.length)
  const before = all(graphHead, initializer, raw)
  const file = openSync(path, 'w')
  writeSync(file, before, 0, before.length, 0)
  ftruncateSync(file, before.length + hole)
  const after = all(output, opset)
  writeSync(file, after, 0, after.length, before.length + hole)
  closeSync(file)
  t.match(readOnnxHeader(path), { outputs: [{ name: 'y' }], opsets: [{ version: 17 }] })
})
