// A generated client against answers of every kind, without a server.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { generateClient } from '../../src/client/generate.ts'
import { repository } from '../helpers/app.ts'
import { compile } from '../helpers/compile.ts'

interface Call {
  readonly version?: number | string
  readonly label?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  readonly headers?: Record<string, string>
}

interface Client {
  predict(model: string, rows: readonly unknown[], call?: Call): Promise<unknown[]>
}

interface Asked {
  readonly url: string
  readonly headers: Headers
  readonly body: unknown
  readonly signal: AbortSignal | undefined
}

type Answer = (asked: Asked) => Response | Promise<Response>

const features = [{ name: 'a', type: 'number', optional: false, notes: [] }]
const facts = { version: '1', description: undefined, features }
const text = generateClient([
  {
    pinned: false,
    facts: {
      ...facts,
      model: 'm',
      prediction: {
        classes: true,
        outputs: [
          { name: 'label', type: 'string', notFinite: false },
          { name: 'p', type: 'number', notFinite: true }
        ]
      }
    }
  },
  {
    pinned: true,
    facts: {
      ...facts,
      model: 'pinned',
      version: '4',
      prediction: {
        classes: false,
        outputs: [{ name: undefined, type: 'readonly number[]', notFinite: true }]
      }
    }
  }
])
const folder = repository(t, { 'client.ts': text })
const said = compile([join(folder, 'client.ts')], 'node', folder)
if (said.length > 0) throw new Error(said.join('\n'))
const loaded = import(join(folder, 'client.js')) as Promise<{ KedgeClient: new (options: object) => Client }>

/** A client whose requests are answered by `answer`, and what it asked. */
async function clientOf(
  answer: Answer,
  options: object = {}
): Promise<{ readonly client: Client; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { headers, body, signal } = init
    const one = {
      url,
      headers: headers as Headers,
      body: JSON.parse(body as string) as unknown,
      signal: signal ?? undefined
    }
    asked.push(one)
    return answer(one)
  }
  const { KedgeClient } = await loaded
  return { client: new KedgeClient({ fetch, ...options }), asked }
}

const predictions = (...rows: readonly unknown[]) => Response.json({ predictions: rows })
const one = () => predictions({ label: 'x', p: 1 })

t.test('where requests go, and what goes with them', async t => {
  const cases: [model: string, call: Call, path: string][] = [
    ['m', {}, '/v1/models/m:predict'],
    ['m', { version: 2 }, '/v1/models/m/versions/2:predict'],
    ['m', { label: 'a/b' }, '/v1/models/m/labels/a%2Fb:predict'],
    ['pinned', {}, '/v1/models/pinned/versions/4:predict'],
    ['pinned', { version: '5' }, '/v1/models/pinned/versions/5:predict'],
    ['pinned', { label: 'stable' }, '/v1/models/pinned/labels/stable:predict']
  ]
  for (const [model, call, path] of cases) {
    const { client, asked } = await clientOf(one)
    await client.predict(model, [{ a: 1 }], call)
    t.equal(asked[0]?.url, `http://127.0.0.1:8080${path}`)
    t.strictSame(asked[0]?.body, { instances: [{ a: 1 }], ...(model === 'm' && { classes: true }) })
  }
  const options = {
    baseUrl: new URL('https://host/below/'),
    headers: { authorization: 'Bearer a', x: '1' },
    timeoutMs: 9
  }
  const { client, asked } = await clientOf(one, options)
  await client.predict('m', [{ a: 1 }], { headers: { X: '2' } })
  await client.predict('m', [{ a: 1 }], { timeoutMs: 0.5 })
  t.equal(asked[0]?.url, 'https://host/below/v1/models/m:predict')
  const sent = { authorization: 'Bearer a', 'content-type': 'application/json', 'x-kedge-timeout-ms': '9' }
  t.strictSame(Object.fromEntries(asked[0]!.headers), { ...sent, x: '2' })
  t.equal(asked[1]?.headers.get('x-kedge-timeout-ms'), '1')
  await t.rejects(client.predict('m', [{ a: 1 }], { version: 1, label: 'b' }), { message: /got both/ })
})

t.test('no rows, no request', async t => {
  const { client, asked } = await clientOf(one)
  t.strictSame(await client.predict('m', []), [])
  t.strictSame(asked, [])
})

t.test('numbers that JSON does not have go both ways', async t => {
  const rows = [{ a: Number.NaN }, { a: Number.NEGATIVE_INFINITY }, { a: 2n ** 63n - 1n }, { a: null }]
  const { client, asked } = await clientOf(() =>
    predictions({ label: 'NaN', p: 'NaN' }, { label: 'b', p: { x: ['Infinity', 1] } }, null, {
      p: '-Infinity'
    })
  )
  t.strictSame(await client.predict('m', rows), [
    { label: 'NaN', p: Number.NaN },
    { label: 'b', p: { x: [Number.POSITIVE_INFINITY, 1] } },
    null,
    { p: Number.NEGATIVE_INFINITY }
  ])
  const sent = [{ a: 'NaN' }, { a: '-Infinity' }, { a: '9223372036854775807' }, { a: null }]
  t.match(asked[0]?.body, { instances: sent })
  const alone = await clientOf(() => predictions(['NaN', 2]))
  t.strictSame(await alone.client.predict('pinned', [{ a: 1 }]), [[Number.NaN, 2]])
})

t.test('a refusal is one error with everything that the server said', async t => {
  const details = [{ path: 'instances[0].a', problem: 'the feature is missing', expected: 'a number' }]
  const body = { error: 'wrong', code: 'INVALID_INPUT', request_id: 'r-1', details }
  const { client } = await clientOf(() => Response.json(body, { status: 400 }))
  await t.rejects(client.predict('m', [{}]), {
    name: 'KedgeError',
    message: 'wrong',
    status: 400,
    code: 'INVALID_INPUT',
    requestId: 'r-1',
    details,
    retryable: false,
    retryAfterMs: undefined
  })
  const full = await clientOf(() =>
    Response.json(
      { error: 'full', code: 'QUEUE_FULL' },
      { status: 429, headers: { 'retry-after': '2', 'x-request-id': 'r-2' } }
    )
  )
  const wanted = { code: 'QUEUE_FULL', retryable: true, retryAfterMs: 2000, requestId: 'r-2', details: [] }
  await t.rejects(full.client.predict('m', [{}]), wanted)
})

t.test('what does not speak as Kedge does', async t => {
  const cases: [answer: Answer, status: number, message: RegExp][] = [
    [() => new Response('<html>', { status: 502 }), 502, /the answer has status 502/],
    [() => new Response('<html>'), 200, /no prediction for each row/],
    [() => Response.json([]), 200, /no prediction for each row/],
    [() => predictions(), 200, /no prediction for each row/],
    [() => Response.json(null, { status: 500 }), 500, /status 500/]
  ]
  for (const [answer, status, message] of cases)
    await t.rejects((await clientOf(answer)).client.predict('m', [{ a: 1 }]), {
      status,
      code: 'BAD_ANSWER',
      message
    })
})

/** Answers when the request is given up. */
const never: Answer = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))

async function keptAlive<T>(t: Test, work: () => Promise<T>): Promise<T> {
  // The timer of AbortSignal.timeout() does not keep a process alive.
  const timer = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(timer))
  return work()
}

t.test('no answer, no time left, and a call that its caller gives up', async t => {
  const refused = await clientOf(() => Promise.reject(new TypeError('fetch failed')))
  await t.rejects(refused.client.predict('m', [{ a: 1 }]), {
    name: 'KedgeError',
    status: 0,
    code: 'NO_ANSWER',
    message: 'no answer from http://127.0.0.1:8080: fetch failed',
    retryable: false,
    cause: { message: 'fetch failed' }
  })
  const slow = await clientOf(never)
  await keptAlive(t, () =>
    t.rejects(slow.client.predict('m', [{ a: 1 }], { timeoutMs: 10 }), {
      code: 'NO_ANSWER',
      cause: { name: 'TimeoutError' }
    })
  )
  const controller = new AbortController()
  const given = (await clientOf(never)).client.predict('m', [{ a: 1 }], {
    signal: controller.signal,
    timeoutMs: 60_000
  })
  const reason = new Error('changed my mind')
  controller.abort(reason)
  await t.rejects(given, reason)
})
