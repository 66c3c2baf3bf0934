import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import { type SuppliedRequest, suppliedRequests, warmUp, zeroRequest } from '../../src/lifecycle/warmup.ts'
import type { Signature } from '../../src/schema/signature.ts'
import { datatypeNames } from '../../src/tensor/datatype.ts'
import type { InferenceRequest } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { scannedVersion, signature } from '../helpers/fakes.ts'

const limits = { warmupRequestsMax: 3, warmupBytesMax: 1024, tensorsPerRequestMax: 2 }
const body = (...values: unknown[]): string =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [values.length, 1], data: values }] })

/** A version whose warmup folder holds these files. */
function versionWith(t: Test, files: Readonly<Record<string, string>>) {
  const entries = Object.entries(files).map(([name, text]) => [`m/1/warmup/${name}`, text] as const)
  return scannedVersion(1, { root: repository(t, { 'm/1/keep': '', ...Object.fromEntries(entries) }) })
}

/** The requests of a warmup folder with these files. */
const supply = (t: Test, files: Readonly<Record<string, string>>): Promise<SuppliedRequest[]> =>
  suppliedRequests(versionWith(t, files), signature, limits)

/** Runs that succeed until `broken` of them have; keeps what came. */
function runner(error?: Error) {
  const came: InferenceRequest[] = []
  const run = (request: InferenceRequest): Promise<unknown> => {
    came.push(request)
    return error === undefined ? Promise.resolve() : Promise.reject(error)
  }
  return { came, run }
}

t.test('the files of the warmup folder, by name; others are left alone', async t => {
  const files = {
    'b.json': body(2, 3),
    'a.json': body(1),
    '.hidden.json': 'no',
    'notes.txt': 'no',
    'c.JSON': 'no'
  }
  const found = (await supply(t, files)).map(({ name, request }) => [name, request().inputs[0]?.data])
  t.strictSame(found, [
    [join('warmup', 'a.json'), Float32Array.of(1)],
    [join('warmup', 'b.json'), Float32Array.of(2, 3)]
  ])
  t.strictSame(await supply(t, {}), [], 'no folder')
})

t.test('a request is parsed once, when it is first asked for', async t => {
  const [fine, broken] = await supply(t, { 'a.json': body(1), 'b.json': '{' })
  t.equal(fine!.request(), fine!.request())
  for (const _ of [1, 2]) t.throws(() => broken!.request(), { message: /not JSON/ })
})

t.test('a run may take the memory of its inputs away: the next has its own', async t => {
  const supplied = await supply(t, { 'a.json': body(1), 'b.json': body(2, 3) })
  const came: number[][] = []
  const taking = async ({ inputs: [x] }: InferenceRequest): Promise<void> => {
    const data = x!.data as Float32Array<ArrayBuffer>
    came.push([...data])
    structuredClone(data, { transfer: [data.buffer] })
  }
  for (const _ of [1, 2]) t.equal(await warmUp(taking, signature, supplied), undefined)
  t.strictSame(came, [[1], [2, 3], [1], [2, 3]])
})

t.test('what cannot be replayed is an error that says so', async t => {
  const many = { '1.json': '', '2.json': '', '3.json': '' }
  t.equal((await supply(t, many)).length, 3, 'the limit itself is fine')
  await t.rejects(supply(t, { ...many, '4.json': '' }), {
    message: `${join('m', '1', 'warmup')} holds 4 requests, at most 3 are replayed`
  })
  const name = join('m', '1', 'warmup', 'big.json')
  await t.rejects(supply(t, { 'big.json': 'x'.repeat(1025) }), {
    message: `${name} has 1025 bytes, at most 1024 are allowed`
  })
  t.equal((await supply(t, { 'big.json': 'x'.repeat(1024) })).length, 1)
  const folder = versionWith(t, {})
  mkdirSync(join(folder.root, folder.folder, 'warmup', 'folder.json'), { recursive: true })
  await t.rejects(suppliedRequests(folder, signature, limits), /folder.json is not a file/)
  const file = versionWith(t, {})
  writeFileSync(join(file.root, file.folder, 'warmup'), '')
  await t.rejects(suppliedRequests(file, signature, limits), { code: 'ENOTDIR' })
})

t.test('supplied requests run in order, and nothing is made up besides', async t => {
  const { came, run } = runner()
  const supplied = await supply(t, { 'a.json': body(1), 'b.json': body(2, 3) })
  t.equal(await warmUp(run, signature, supplied), undefined)
  t.strictSame(
    came.map(({ inputs }) => inputs[0]?.data),
    [Float32Array.of(1), Float32Array.of(2, 3)]
  )
})

t.test('a supplied request that fails is a failure with the reason, and ends the warm-up', async t => {
  const cause = new Error('indices out of bounds')
  const cases: [text: string, error: Error | undefined, message: RegExp][] = [
    [body(1), new Error('broken'), /^warm-up request warmup.w.json failed: broken$/],
    [
      body(1),
      new ServingError('RUN_FAILED', 'hidden', { cause }),
      /^warm-up request warmup.w.json failed: indices out of bounds$/
    ],
    [
      body('x'),
      undefined,
      /^warm-up request warmup.w.json failed: inputs\[0\].data\[0\]: .*expected .* got "x"/
    ],
    ['{', undefined, /^warm-up request warmup.w.json failed: the body is not JSON/],
    ['', undefined, /^warm-up request warmup.w.json failed: the body is empty/],
    [JSON.stringify({ inputs: [{}, {}, {}] }), undefined, /^warm-up request warmup.w.json failed: inputs/]
  ]
  for (const [text, error, message] of cases) {
    const { came, run } = runner(error)
    const supplied = await supply(t, { 'w.json': text, 'x.json': '{' })
    await t.rejects(warmUp(run, signature, supplied), { message })
    t.equal(came.length, error === undefined ? 0 : 1)
  }
})

t.test('without supplied requests zeros are run; a failure of these is a warning with a hint', async t => {
  const fine = runner()
  t.equal(await warmUp(fine.run, signature, []), undefined)
  t.strictSame(fine.came, [zeroRequest(signature)])

  const error = new ServingError('RUN_FAILED', 'hidden', { cause: new Error('index 0') })
  t.equal(
    await warmUp(runner(error).run, signature, []),
    'the generated warm-up request (zeros) failed: index 0; put a real one into warmup/'
  )
})

t.test(
  'a generated request that ends the instance is no mere warning: nothing is left to serve with',
  async t => {
    const cause = new Error('its thread ended with code 7')
    const error = new ServingError('INSTANCE_LOST', 'hidden', { cause })
    await t.rejects(warmUp(runner(error).run, signature, []), {
      message: /its thread ended with code 7/
    })
  }
)

t.test('zeros and empty strings, free dimensions at 1', async t => {
  const shapes = [undefined, [], ['batch', 3], [null, 2, 'n'], [0, 4]]
  const sizes = [[1], [], [1, 3], [1, 2, 1], [0, 4]]
  const inputs = datatypeNames.map((datatype, index) => ({
    name: datatype,
    datatype,
    shape: shapes[index % 5]
  }))
  const request = zeroRequest({ inputs, outputs: [] } satisfies Signature)
  for (const [index, { name, datatype, shape, data }] of request.inputs.entries()) {
    t.equal(name, datatype)
    t.strictSame(shape, sizes[index % 5], name)
    t.equal(
      data.length,
      shape.reduce((product, size) => product * size, 1),
      name
    )
    const zero = datatype === 'BYTES' ? '' : datatype.endsWith('INT64') ? 0n : 0
    t.ok(
      [...data].every(value => value === zero),
      name
    )
  }
  t.equal(request.outputs, undefined, 'all outputs')
})
