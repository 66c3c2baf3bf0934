// Bodies that nobody would send: JSON in all the wrong ways, binary tensors whose lengths lie, and what is packed to burst.
import { deflateSync, gzipSync } from 'node:zlib'
import { type Draft, latin, type Made, type Start, single } from './attack.ts'
import { binaryBody, bodyFor, draftOf, inferBody, inferDraft, replacing, withHeaders } from './requests.ts'

const MiB = 2 ** 20
const predictPaths = [
  '/v2/models/iris/infer',
  '/v2/models/iris/validate',
  '/v1/models/iris:predict',
  '/v1/models/iris:explain',
  '/invocations',
  '/v2/repository/index'
]

const tensor = (more: string): string =>
  `{"inputs":[{"name":"measurements","shape":[1,4],"datatype":"FP32",${more}}]}`

/** Made when they are drawn: some are long. */
const texts: readonly (() => string)[] = [
  () => '',
  () => ' ',
  () => 'null',
  () => '0',
  () => '""',
  () => '[]',
  () => '{}',
  () => '{',
  () => '[{',
  () => '{"inputs"',
  () => '\ufeff{}',
  () => '\0',
  () => '{}{}',
  () => '{"a":1,}',
  () => "{'a':1}",
  () => 'NaN',
  () => '-',
  () => '1e999',
  () => '['.repeat(100_000),
  () => '{"a":'.repeat(50_000),
  () => `${'['.repeat(63)}${']'.repeat(63)}`,
  () => `${'['.repeat(70)}${']'.repeat(70)}`,
  () => tensor(`"data":${'['.repeat(5000)}1${']'.repeat(5000)}`),
  () => tensor('"data":[1e999,1,1,1]'),
  () => tensor('"data":[-1e39,1e39,1e-400,-0]'),
  () => tensor(`"data":[${'9'.repeat(4000)},1,1,1]`),
  () => tensor('"data":[NaN,1,1,1]'),
  () => tensor('"data":["NaN","Infinity",1,1]'),
  () => tensor('"data":[null,1,1,1]'),
  () => tensor('"data":[1,2,3]'),
  () => tensor('"data":{"length":4}'),
  () => tensor('"data":"1234"'),
  () => tensor('"data":[true,false,1,1]'),
  () => tensor('"data":[1,2,3,4],"data":[1,2,3]'),
  () => tensor('"data":[1,2,3,4],"__proto__":{"x":1}'),
  () => tensor('"data":[1,2,3,4],"parameters":{"binary_data_size":16}'),
  () => tensor('"parameters":{"shared_memory_region":"/dev/shm/x"}'),
  () => tensor('"data":[1,2,3,4]').replace('[1,4]', '[-1,4]'),
  () => tensor('"data":[1,2,3,4]').replace('[1,4]', '[4294967296,4294967296]'),
  () => tensor('"data":[]').replace('[1,4]', '[0,4]'),
  () => tensor('"data":[1]').replace('[1,4]', `[${'1,'.repeat(5000)}1]`),
  () => tensor('"data":[1,2,3,4]').replace('FP32', 'FP33'),
  () => tensor('"data":[1,2,3,4]').replace('FP32', 'BYTES'),
  () => tensor('"data":[1,2,3,4]').replace('measurements', '\\ud800'),
  () => tensor('"data":[1,2,3,4]').replace('measurements', 'constructor'),
  () =>
    `{"inputs":[${Array.from({ length: 1500 }, () => '{"name":"a","shape":[1],"datatype":"FP32","data":[1]}').join()}]}`,
  () => `{"id":"${'x'.repeat(5000)}","inputs":[]}`,
  () => `{"parameters":{"sequence_id":1},${tensor('"data":[1,2,3,4]').slice(1)}`,
  () => `{"outputs":[{"name":"nothing"}],${tensor('"data":[1,2,3,4]').slice(1)}`,
  () =>
    `{"outputs":[{"name":"label","parameters":{"classification":-1}}],${tensor('"data":[1,2,3,4]').slice(1)}`,
  () => `{"parameters":{"timeout":-1},${tensor('"data":[1,2,3,4]').slice(1)}`,
  () => '{"instances":[]}',
  () => '{"instances":[[1]]}',
  () => '{"instances":{"a":1}}',
  () => '{"instances":[[1,2,3,"x"]]}',
  () => '{"instances":[{"b64":"!"}]}',
  () => '{"signature_name":"x","instances":[[1,2,3,4]]}',
  () => '{"inputs":[[1,2,3,4]],"instances":[[1,2,3,4]]}',
  () => '{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}',
  () => '{"dataframe_records":[{"__proto__":1}]}',
  () => '{"inputs":{"measurements":"x"}}',
  () => '{"params":{"a":{}}}',
  () => `{"instances":[${Array.from({ length: 20_000 }, () => '[1,2,3,4]').join()}]}`,
  () => `{"${'k'.repeat(100_000)}":1}`,
  () => `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":0`).join()}}`,
  () => `"${'\\u0000'.repeat(20_000)}"`
]

export function oddJson(start: Start): Made {
  const { draw } = start
  const draft = draftOf(start, { method: 'POST', path: draw.pick(predictPaths) })
  const right = bodyFor(draft.target)
  const body = draw.pick([
    () => Buffer.from(draw.pick(texts)()),
    () => Buffer.from(draw.pick(texts)()),
    () => right.subarray(0, draw.below(right.length + 1)),
    () => Buffer.concat([right, draw.bytes(draw.between(1, 20))]),
    () => flipped(right, start),
    () => draw.bytes(draw.between(0, 200)),
    () => Buffer.from(right.toString(), draw.pick(['utf16le', 'base64'] as const))
  ])()
  const type = draw.chance(0.8)
    ? 'application/json'
    : draw.pick([
        'text/csv',
        'text/plain',
        'application/octet-stream',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=a'
      ])
  return single(announced(replacing(draft, 'content-type', type), body), {
    isHurried: /"timeout"/.test(body.toString('latin1'))
  })
}

/** Some of its bytes changed. */
function flipped(body: Buffer, { draw }: Start): Buffer {
  const copy = Buffer.from(body)
  for (let count = draw.between(1, 4); count > 0 && copy.length > 0; count--)
    copy[draw.below(copy.length)] = draw.below(256)
  return copy
}

/** With this body, whose length is told even when there is nothing of it. */
const announced = (draft: Draft, body: Buffer): Draft =>
  withHeaders({ ...draft, body }, ['content-length', String(body.length)])

/** The length of the JSON, the sizes of the tensors and what comes do not fit each other. */
export function oddBinary(start: Start): Made {
  const { draw } = start
  const { head, data } = binaryBody()
  const size = draw.pick([0, 1, 15, 17, -16, 1.5, 2 ** 31, 2 ** 53, 1e300])
  const lying = Buffer.from(head.toString().replace('"binary_data_size":16', `"binary_data_size":${size}`))
  const json = draw.pick([head, lying, lying, Buffer.alloc(0)])
  const bytes = draw.pick([
    data,
    data,
    data.subarray(1),
    Buffer.concat([data, data]),
    Buffer.alloc(0),
    Buffer.alloc(100_000),
    draw.bytes(16)
  ])
  const length = draw.pick([
    json.length,
    json.length,
    json.length - 1,
    json.length + 1,
    json.length + data.length,
    0,
    -1,
    2 ** 32,
    1e21,
    'x',
    ''
  ])
  const draft = replacing(
    inferDraft(start),
    'content-type',
    draw.pick(['application/octet-stream', 'application/json'])
  )
  return single(
    announced(
      withHeaders(draft, ['inference-header-content-length', String(length)]),
      Buffer.concat([json, bytes])
    )
  )
}

/** Small ones that become large; made once. */
let bombs: readonly Buffer[] | undefined
function bomb(start: Start): Buffer {
  bombs ??= [
    gzipSync(Buffer.alloc(64 * MiB, ' ')),
    gzipSync(gzipSync(Buffer.alloc(64 * MiB))),
    gzipSync(Buffer.alloc(15 * MiB, '[')),
    deflateSync(Buffer.alloc(64 * MiB, '0'))
  ]
  return start.draw.pick(bombs)
}

const isBombEvery = 20

/** Packed wrongly, packed as something else, packed twice, or so much in so little. */
export function oddEncoding(start: Start): Made {
  const { draw } = start
  const packed = gzipSync(inferBody)
  const body =
    draw.below(isBombEvery) === 0
      ? bomb(start)
      : draw.pick([
          packed,
          deflateSync(inferBody),
          packed.subarray(0, draw.below(packed.length)),
          Buffer.concat([packed, draw.bytes(9)]),
          Buffer.concat([packed, packed]),
          gzipSync(packed),
          gzipSync(Buffer.alloc(0)),
          flipped(packed, start),
          inferBody
        ])
  const encoding = draw.pick([
    'gzip',
    'gzip',
    'gzip',
    'deflate',
    'GZIP',
    'gzip, gzip',
    'x-gzip',
    'br',
    'zstd',
    'identity',
    'gzip;q=1',
    '*',
    ''
  ])
  return single(announced(withHeaders(inferDraft(start), ['content-encoding', encoding]), body))
}

/** More than is taken, said before it comes or found out when it does. */
export function tooLarge(start: Start): Made {
  const { draw } = start
  const draft = inferDraft(start)
  const length = draw.pick([16 * MiB + 1, 64 * MiB + 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])
  // Whoever says so is refused at once, and sends only the beginning.
  return single(withHeaders({ ...draft, body: latin('{"inputs":') }, ['content-length', String(length)]))
}
