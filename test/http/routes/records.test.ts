// Where rows are read and written: here, or on the other thread where there are many.
import t from 'tap'
import type { HttpServices } from '../../../src/http/server.ts'
import { recordsTasks } from '../../../src/protocol/records/tasks.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'
import { fakeServer } from '../../helpers/server.ts'

const contract = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 1] }])

/** A server whose model gives back its input, as often as asked; and the tasks that were run elsewhere. */
async function serve(t: Parameters<typeof fakeServer>[0], repeat: number) {
  const run: string[] = []
  const infer: HttpServices['infer'] = async ({ read }) => {
    const request = await read(contract, () => contract)
    const [input] = request.inputs
    const data = Float32Array.from({ length: repeat }, () => Number(input!.data[0]))
    return {
      model: 'm',
      version: 1,
      outputs: [{ name: 'y', datatype: 'FP32', shape: [repeat], data }],
      from: { manifest: { outputs: {} } }
    } as unknown as Awaited<ReturnType<HttpServices['infer']>>
  }
  const server = await fakeServer(t, {
    infer,
    jsonOffloadBytes: 100,
    admit: () => ({ grow: () => undefined, release: () => undefined }),
    knownModels: () => ['m'],
    runTask: (task, input) => {
      run.push(task)
      return Promise.resolve(recordsTasks[task as 'decodeRecords'](input as never).output)
    }
  })
  return { server, run }
}

t.test('little is read and written here', async t => {
  const { server, run } = await serve(t, 10)
  for (const [url, payload] of [
    ['/v1/models/m:predict', '{"instances":[1]}'],
    ['/invocations', '{"instances":[1]}']
  ] as const) {
    const { status, body } = await server.ask('POST', url, { payload })
    t.match([status, body], [200, { predictions: new Array(10).fill(1) }])
  }
  t.strictSame(run, [])
})

t.test('much is read and written elsewhere', async t => {
  const { server, run } = await serve(t, 11)
  const many = JSON.stringify({ instances: new Array(60).fill(1) })
  const { status, body } = await server.ask('POST', '/v1/models/m:predict', { payload: many })
  t.match([status, body], [200, { predictions: new Array(11).fill(1) }])
  t.strictSame(run, ['decodeRecords', 'encodeRecords'])
})
