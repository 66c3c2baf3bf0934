import t from 'tap'
import { errorCodes } from '../../src/errors/codes.ts'
import {
  messageOf,
  type Problem,
  problemsError,
  problemText,
  ServingError
} from '../../src/errors/serving-error.ts'

const problem: Problem = { path: 'inputs[0].data[3]', problem: 'not an INT8 value' }

t.test('an error carries its code, its row of the table, and only what it was given', async t => {
  const bare = new ServingError('QUEUE_FULL', 'the queue is full')
  t.ok(bare instanceof Error)
  t.equal(bare.name, 'ServingError')
  t.equal(bare.message, 'the queue is full')
  t.equal(bare.kind, errorCodes.QUEUE_FULL)
  t.same(bare.details, [])
  t.equal(bare.retryAfterSeconds, undefined)
  t.notOk('cause' in bare)

  const cause = new Error('secret')
  const full = new ServingError('INVALID_INPUT', 'no', { cause, details: [problem], retryAfterSeconds: 2 })
  t.equal(full.cause, cause)
  t.same(full.details, [problem])
  t.equal(full.retryAfterSeconds, 2)
})

t.test('anything caught becomes a ServingError that hides what it was', async t => {
  const own = new ServingError('FORBIDDEN', 'no')
  t.equal(ServingError.from(own), own)
  for (const caught of [new Error('secret'), 'secret', null, 7]) {
    const error = ServingError.from(caught)
    t.equal(error.code, 'INTERNAL')
    t.equal(error.cause, caught)
    t.notMatch(error.message, 'secret')
  }
  t.equal(ServingError.from(undefined).code, 'INTERNAL')
})

t.test('a problem reads as one line', async t => {
  const cases: [Partial<Problem>, string][] = [
    [{}, 'inputs[0].data[3]: not an INT8 value'],
    [{ expected: 'a number' }, 'inputs[0].data[3]: not an INT8 value: expected a number'],
    [{ got: '"x"' }, 'inputs[0].data[3]: not an INT8 value: got "x"'],
    [{ hint: 'try 1' }, 'inputs[0].data[3]: not an INT8 value; try 1'],
    [
      { expected: 'a number', got: '"x"', hint: 'try 1' },
      'inputs[0].data[3]: not an INT8 value: expected a number, got "x"; try 1'
    ]
  ]
  for (const [facts, text] of cases) t.equal(problemText({ ...problem, ...facts }), text)
})

t.test('an error of many problems tells the first and counts the rest', async t => {
  const text = problemText(problem)
  const cases: [Problem[], string][] = [
    [[], 'the request is not valid'],
    [[problem], text],
    [[problem, problem], `${text} (and 1 more problem)`],
    [[problem, problem, problem], `${text} (and 2 more problems)`]
  ]
  for (const [problems, message] of cases) {
    const error = problemsError('INVALID_INPUT', problems)
    t.equal(error.code, 'INVALID_INPUT')
    t.equal(error.message, message)
    t.same(error.details, problems)
  }
})

t.test('the text of anything thrown', async t => {
  const cases: [unknown, string][] = [
    [new TypeError('bad'), 'bad'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)']
  ]
  for (const [caught, text] of cases) t.equal(messageOf(caught), text)
})
