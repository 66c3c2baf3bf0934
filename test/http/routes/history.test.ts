import t from 'tap'
import { type Deferred, deferred } from '../../../src/base/deferred.ts'
import type { HistoryRow } from '../../../src/lifecycle/history.ts'
import type { IndexRow } from '../../../src/protocol/v2/metadata.ts'
import { fakeServer } from '../../helpers/server.ts'
import { turn } from '../../helpers/turn.ts'

const row: HistoryRow = {
  time: '2026-11-23T14:30:00.000Z',
  event: 'ready',
  model: 'm',
  version: 1,
  cause: 'start'
}
const known: IndexRow[] = [{ model: 'new', version: 1, state: 'LOADING', reason: undefined }]

t.test('the events of a model, also of one that is gone', async t => {
  const { ask } = await fakeServer(t, {
    history: async model => (model === 'm' ? [row] : []),
    statuses: () => known
  })
  const gone = await ask('GET', '/v2/models/m/history')
  t.strictSame([gone.status, gone.body], [200, { name: 'm', events: [row] }])
  const fresh = await ask('GET', '/v2/models/new/history')
  t.strictSame(
    [fresh.status, fresh.body],
    [200, { name: 'new', events: [] }],
    'known, and nothing happened yet'
  )
  const unknown = await ask('GET', '/v2/models/nobody/history')
  t.match(
    [unknown.status, unknown.body],
    [
      404,
      {
        code: 'MODEL_NOT_FOUND',
        error: 'unknown model "nobody": neither the repositories nor the audit log know it'
      }
    ]
  )
})

t.test('a limit is a whole number within bounds, and the only parameter', async t => {
  const asked: number[] = []
  const { ask } = await fakeServer(t, {
    history: async (_model, { rowsMax }) => {
      asked.push(rowsMax)
      return [row]
    }
  })
  for (const query of ['', '?limit=1', '?limit=1000', '?limit=007'])
    t.equal((await ask('GET', `/v2/models/m/history${query}`)).status, 200, query)
  t.strictSame(asked, [100, 1, 1000, 7])
  const wrong: [query: string, error: RegExp][] = [
    ['limit=0', /query\.limit: not valid: expected a whole number from 1 to 1000, got "0"/],
    ['limit=1001', /got "1001"/],
    ['limit=', /got ""/],
    ['limit=1.5', /got "1.5"/],
    ['limit=-1', /got "-1"/],
    ['limit=1e2', /got "1e2"/],
    ['limit=1&limit=2', /got an array of 2/],
    ['limt=5', /unknown parameter "limt"; did you mean 'limit'\?/],
    ['__proto__=1', /unknown parameter "__proto__"/]
  ]
  for (const [query, error] of wrong) {
    const { status, body } = await ask('GET', `/v2/models/m/history?${query}`)
    t.match([status, body], [400, { code: 'INVALID_REQUEST', error }], query)
  }
  t.equal(asked.length, 4)
})

t.test('few are read at once, some wait, more are refused', async t => {
  const reads: Deferred<HistoryRow[]>[] = []
  const { ask } = await fakeServer(t, {
    history: () => {
      const read = deferred<HistoryRow[]>()
      reads.push(read)
      return read.promise
    }
  })
  const waiting = Array.from({ length: 34 }, () => ask('GET', '/v2/models/m/history'))
  while (reads.length < 2) await turn()
  const { status, headers, body } = await ask('GET', '/v2/models/m/history')
  t.match([status, headers['retry-after'], body], [429, '1', { code: 'OVERLOADED' }])
  t.equal(reads.length, 2)
  for (let index = 0; index < 34; index++) {
    while (reads.length <= index) await turn()
    if (index === 5) reads[index]!.reject(new Error('the disk is broken'))
    else reads[index]!.resolve([row])
  }
  const statuses = (await Promise.all(waiting)).map(answer => answer.status)
  t.equal(statuses.filter(status => status === 200).length, 33)
  t.equal(statuses.filter(status => status === 500).length, 1)
  const again = ask('GET', '/v2/models/m/history')
  while (reads.length <= 34) await turn()
  reads[34]!.resolve([row])
  t.equal((await again).status, 200, 'all places were given back')
})
