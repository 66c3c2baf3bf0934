import t from 'tap'
import type { RunTask } from '../../../src/protocol/elsewhere.ts'
import {
  decodeRecordsElsewhere,
  encodeRecordsElsewhere,
  readers,
  recordsTasks,
  writers
} from '../../../src/protocol/records/tasks.ts'
import { tasks } from '../../../src/protocol/tasks.ts'
import { v2Tasks } from '../../../src/protocol/v2/tasks.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const contract = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 1] }], {
  x: { max: 5, outOfRange: 'reject' }
})

/** The other thread, played by a structured clone: the buffers move, and only plain data comes through. */
const run: RunTask = (task, input, transfer) => {
  const there = structuredClone(input, { transfer: [...transfer] })
  const done = recordsTasks[task as 'decodeRecords'](there as never)
  return Promise.resolve(structuredClone(done.output, { transfer: [...done.transfer] }))
}

const bytes = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value)).slice()

t.test('the other thread has the tasks of every dialect', async t => {
  t.strictSame(Object.keys(tasks), [...Object.keys(v2Tasks), ...Object.keys(recordsTasks)])
})

t.test('decoding elsewhere is decoding here', async t => {
  for (const [dialect, value] of [
    ['v1', { instances: [{ x: 1 }, { x: 'NaN' }], classes: true }],
    ['mlflow', { dataframe_records: [{ x: 1 }] }]
  ] as const) {
    const body = bytes(value)
    const here = readers[dialect](body.slice(), contract)
    t.strictSame(await decodeRecordsElsewhere(run, { dialect, body, contract }), here)
    t.equal(body.length, 0, 'its memory moved')
  }
})

t.test('a refusal comes back whole, rules included', async t => {
  const work = { dialect: 'v1', body: bytes({ instances: [{ x: 6 }] }), contract } as const
  await t.rejects(decodeRecordsElsewhere(run, work), {
    name: 'ServingError',
    code: 'INVALID_INPUT',
    details: [{ path: 'instances[0].x', problem: 'feature "x" is out of range' }]
  })
})

t.test('encoding elsewhere is encoding here, and leaves the outputs where they are', async t => {
  const outputs = [{ name: 'y', datatype: 'FP32', shape: [2], data: Float32Array.of(1, 2) }] as const
  for (const dialect of ['v1', 'mlflow'] as const) {
    const work = { dialect, outputs, wishes: { form: 'rows', classes: false }, names: {} } as const
    const there = await encodeRecordsElsewhere(run, work)
    t.equal(Buffer.from(there).toString(), writers[dialect](outputs, work.wishes, work.names))
    t.strictSame([...outputs[0].data], [1, 2])
  }
  const scalar = [{ ...outputs[0], shape: [], data: Float32Array.of(1) }]
  await t.rejects(
    encodeRecordsElsewhere(run, {
      dialect: 'v1',
      outputs: scalar,
      wishes: { form: 'rows', classes: false },
      names: {}
    }),
    { code: 'INVALID_REQUEST' }
  )
})
