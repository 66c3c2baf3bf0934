import t, { type Test } from 'tap'
import { deferred } from '../../../src/base/deferred.ts'
import { ServingError } from '../../../src/errors/serving-error.ts'
import type { ControlRequest } from '../../../src/lifecycle/audit-row.ts'
import { type FakeServer, fakeServer } from '../../helpers/server.ts'
import { turn } from '../../helpers/turn.ts'

interface Bench extends FakeServer {
  /** `load m by anonymous` for each call that came through. */
  readonly calls: string[]
  readonly recorded: ControlRequest[]
}

async function bench(
  t: Test,
  outcome: () => Promise<void> = async () => {},
  controlApi = true
): Promise<Bench> {
  const calls: string[] = []
  const recorded: ControlRequest[] = []
  const act = (action: string) => async (model: string, by: string) => {
    calls.push(`${action} ${model} by ${by}`)
    await outcome()
  }
  const server = await fakeServer(t, {
    controlApi,
    control: { load: act('load'), unload: act('unload') },
    recordRequest: request => void recorded.push(request)
  })
  return { ...server, calls, recorded }
}

const actions = ['load', 'unload'] as const
const urlOf = (action: string, model = 'm'): string => `/v2/repository/models/${model}/${action}`

t.test('load and unload answer with an empty body once it is done, and are recorded', async t => {
  for (const action of actions) {
    const done = deferred<void>()
    const { ask, calls, recorded } = await bench(t, () => done.promise)
    let answered = false
    const asking = ask('POST', urlOf(action)).finally(() => {
      answered = true
    })
    while (calls.length === 0) await turn()
    await turn()
    t.equal(answered, false, 'not before')
    t.strictSame(recorded, [])
    done.resolve()
    const { status, headers, body } = await asking
    t.strictSame([status, headers['content-length'], body], [200, '0', ''])
    t.strictSame(calls, [`${action} m by anonymous`])
    const request = { type: 'request', action, model: 'm', by: 'anonymous', outcome: 'accepted' }
    t.strictSame(recorded, [{ ...request, code: undefined, reason: undefined }])
  }
})

t.test('bodies as Triton clients send them', async t => {
  const bodies: [action: 'load' | 'unload', payload: string][] = [
    ['load', '{}'],
    ['load', '{"parameters":{}}'],
    ['unload', '{}'],
    ['unload', '{"parameters":{"unload_dependents":false}}'],
    ['unload', '{"parameters":{"unload_dependents":true}}']
  ]
  const { ask, calls } = await bench(t)
  for (const [action, payload] of bodies)
    t.equal((await ask('POST', urlOf(action), { payload })).status, 200, payload)
  t.equal(calls.length, bodies.length)
})

t.test('what is refused reaches nobody, and is recorded with the reason', async t => {
  const bodies: [action: 'load' | 'unload', payload: string, status: number, error: RegExp, code: string][] =
    [
      [
        'load',
        '{"parameters":{"file:1/model.onnx":"AAAA","config":"{}"}}',
        501,
        /'file:1\/model.onnx', 'config'/,
        'NOT_SUPPORTED'
      ],
      [
        'load',
        '{"parameters":{"confg":"{}"}}',
        400,
        /unknown key "confg"; did you mean 'config'/,
        'INVALID_REQUEST'
      ],
      [
        'unload',
        '{"parameters":{"unload_dependents":"yes"}}',
        400,
        /true or false, got "yes"/,
        'INVALID_REQUEST'
      ],
      ['unload', '{"x":1}', 400, /unknown key "x"/, 'INVALID_REQUEST'],
      ['load', '{', 400, /not JSON/, 'INVALID_JSON']
    ]
  for (const [action, payload, status, error, code] of bodies) {
    const { ask, calls, recorded } = await bench(t)
    const answer = await ask('POST', urlOf(action), { payload })
    t.match([answer.status, answer.body], [status, { error, code }], payload)
    t.strictSame(calls, [])
    t.match(recorded, [{ action, outcome: 'refused', code, reason: error }])
  }
})

t.test(
  'what comes of a load is said and recorded: a model that failed, control that is elsewhere, a fault',
  async t => {
    const cases: [thrown: Error, status: number, body: object, recorded: object][] = [
      [
        new ServingError('LOAD_FAILED', 'version 3: its gate failed'),
        409,
        { error: 'version 3: its gate failed', code: 'LOAD_FAILED' },
        { outcome: 'failed', code: 'LOAD_FAILED', reason: 'version 3: its gate failed' }
      ],
      [
        new ServingError('CONTROL_REFUSED', 'repository.control is none'),
        409,
        { error: 'repository.control is none', code: 'CONTROL_REFUSED' },
        { outcome: 'refused', code: 'CONTROL_REFUSED' }
      ],
      [new ServingError('MODEL_NOT_FOUND', 'no'), 404, { code: 'MODEL_NOT_FOUND' }, { outcome: 'refused' }],
      [
        new Error('secret'),
        500,
        { error: 'the server failed to answer this request', code: 'INTERNAL' },
        { outcome: 'refused', code: 'INTERNAL', reason: 'the server failed to answer this request' }
      ]
    ]
    for (const [thrown, status, body, record] of cases) {
      const { ask, recorded } = await bench(t, () => Promise.reject(thrown))
      const answer = await ask('POST', urlOf('load'))
      t.match([answer.status, answer.body], [status, body])
      t.match(recorded, [record])
      t.equal(recorded.length, 1)
    }
  }
)

t.test('off by default, with the setting that turns it on; nothing of it is read or recorded', async t => {
  const { ask, calls, recorded } = await bench(t, undefined, false)
  for (const action of actions) {
    const { status, body } = await ask('POST', urlOf(action), { payload: '{' })
    t.match(
      [status, body],
      [403, { code: 'FORBIDDEN', error: /--repository-control-api \(repository\.controlApi: true\)/ }]
    )
  }
  t.strictSame([calls, recorded], [[], []])
})

t.test('from this machine only', async t => {
  const { ask, calls, recorded } = await bench(t)
  for (const action of actions) {
    const { status, body } = await ask('POST', urlOf(action), { remoteAddress: '10.0.0.7' })
    t.match([status, body], [403, { code: 'FORBIDDEN', error: /this machine only/ }])
  }
  t.strictSame([calls, recorded], [[], []], 'a stranger cannot fill the record')
})

t.test('a repository cannot be named', async t => {
  const { ask, calls } = await bench(t)
  for (const url of [
    '/v2/repository/mine/index',
    '/v2/repository/mine/models/m/load',
    '/v2/repository/mine/models/m/unload'
  ]) {
    const { status, body } = await ask('POST', url)
    t.match([status, body], [501, { code: 'NOT_SUPPORTED', error: /a repository cannot be named/ }], url)
  }
  t.strictSame(calls, [])
  const names = ['models', 'index']
  for (const name of names) await ask('POST', urlOf('load', name))
  t.strictSame(
    calls,
    names.map(name => `load ${name} by anonymous`),
    'such models are models all the same'
  )
})
