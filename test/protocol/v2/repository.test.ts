import t from 'tap'
import type { ErrorCode } from '../../../src/errors/codes.ts'
import { checkLoadBody, checkUnloadBody } from '../../../src/protocol/v2/repository.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('bodies without wishes', async t => {
  for (const text of ['', '{}', '{"parameters":{}}', ' {"parameters" : {} } ']) {
    t.doesNotThrow(() => checkLoadBody(bytes(text)), text)
    t.doesNotThrow(() => checkUnloadBody(bytes(text)), text)
  }
  for (const value of [true, false])
    t.doesNotThrow(() => checkUnloadBody(bytes(`{"parameters":{"unload_dependents":${value}}}`)))
})

type Wrong = [text: string, code: ErrorCode, message: string | RegExp]

const both: Wrong[] = [
  ['null', 'INVALID_REQUEST', 'body: not valid: expected an object, got null'],
  ['[]', 'INVALID_REQUEST', 'body: not valid: expected an object, got an empty array'],
  ['{"parameter":{}}', 'INVALID_REQUEST', `body: unknown key "parameter"; did you mean 'parameters'?`],
  ['{"parameters":null}', 'INVALID_REQUEST', 'parameters: not valid: expected an object, got null'],
  ['{"parameters":{"__proto__":1}}', 'INVALID_REQUEST', /__proto__/],
  ['{"parameters"', 'INVALID_JSON', /not JSON/],
  [' ', 'INVALID_JSON', /empty/]
]

t.test('a load may not bring what is loaded', async t => {
  const why =
    'are not supported: a model is loaded as it lies in the repository; put its files there, and its configuration into model.yaml'
  const cases: Wrong[] = [
    ...both,
    ['{"parameters":{"config":"{}"}}', 'NOT_SUPPORTED', `parameters 'config' ${why}`],
    ['{"parameters":{"config":{}}}', 'NOT_SUPPORTED', `parameters 'config' ${why}`],
    ['{"parameters":{"file:1/model.onnx":"AA"}}', 'NOT_SUPPORTED', `parameters 'file:1/model.onnx' ${why}`],
    ['{"parameters":{"file":"AA"}}', 'INVALID_REQUEST', 'parameters: unknown key "file"'],
    [
      '{"parameters":{"Config":"{}","x":1}}',
      'INVALID_REQUEST',
      /did you mean 'config'\? \(and 1 more problem\)/
    ],
    [
      '{"parameters":{"unload_dependents":true}}',
      'INVALID_REQUEST',
      'parameters: unknown key "unload_dependents"'
    ]
  ]
  for (const [text, code, message] of cases)
    t.throws(() => checkLoadBody(bytes(text)), { code, message }, text)
})

t.test('an unload takes one parameter', async t => {
  const cases: Wrong[] = [
    ...both,
    [
      '{"parameters":{"unload_dependents":1}}',
      'INVALID_REQUEST',
      'parameters.unload_dependents: not valid: expected true or false, got 1'
    ],
    [
      '{"parameters":{"unload_dependent":true}}',
      'INVALID_REQUEST',
      `parameters: unknown key "unload_dependent"; did you mean 'unload_dependents'?`
    ],
    ['{"parameters":{"config":"{}"}}', 'INVALID_REQUEST', 'parameters: unknown key "config"']
  ]
  for (const [text, code, message] of cases)
    t.throws(() => checkUnloadBody(bytes(text)), { code, message }, text)
})
