// What the parameters of a request mean, read through whole bodies.
import t from 'tap'
import type { ServingError } from '../../../src/errors/serving-error.ts'
import { readV2Body } from '../../../src/protocol/v2/decode.ts'
import { plainWishes, wishFor } from '../../../src/protocol/v2/parameters.ts'
import { bareContract } from '../../../src/schema/contract.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import { jsonBody } from '../../helpers/v2-bodies.ts'

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'INT64', shape: [1] }],
  outputs: [
    { name: 'scores', datatype: 'FP32', shape: ['n', 3] },
    { name: 'half', datatype: 'FP16', shape: [3] },
    { name: 'text', datatype: 'BYTES', shape: [1] },
    { name: 'flag', datatype: 'BOOL', shape: [1] }
  ]
}
const inputs = [{ name: 'x', shape: [1], datatype: 'INT64', data: [1] }]

const read = (more: object) => readV2Body(jsonBody({ inputs, ...more }), bareContract(signature), 8)

t.test('a timeout is in microseconds', async t => {
  const cases: [unknown, number | undefined][] = [
    [0, undefined],
    [1, 0.001],
    [1500, 1.5],
    ['2000000', 2000],
    [2 ** 60, 2 ** 60 / 1000],
    ['18446744073709551615', (2 ** 64 - 1) / 1000]
  ]
  for (const [timeout, timeoutMs] of cases) {
    const request = read({ parameters: { timeout } })
    t.equal(request.timeoutMs, timeoutMs)
    t.strictSame(request.parameters, { timeout }, 'the parameters stay as they came')
  }
  const digits = jsonBody(`{"inputs":${JSON.stringify(inputs)},"parameters":{"timeout":9007199254740993}}`)
  t.equal(readV2Body(digits, bareContract(signature), 8).timeoutMs, 9_007_199_254_740.992)
})

t.test('a priority goes from 1 to 9; 0 is the default', async t => {
  for (const priority of [1, 5, 9, '9'])
    t.equal(read({ parameters: { priority } }).priority, Number(priority))
  for (const parameters of [{ priority: 0 }, { priority: '0' }, {}])
    t.equal(read({ parameters }).priority, undefined)
  t.equal(read({}).timeoutMs, undefined)
})

t.test('parameters that nobody knows are tolerated', async t => {
  const parameters = { trace: 'x', binary_data_size: 5, classification: 2, retries: 1, flag: true }
  t.strictSame(read({ parameters }).parameters, parameters)
  const outputs = [{ name: 'scores', parameters: { anything: 1, binary_data_size: 4 } }]
  t.strictSame(read({ outputs }).wishes.byName.get('scores'), { binary: false })
  const tolerated = [{ ...inputs[0], parameters: { content_type: 'np', binary_data: true } }]
  t.equal(read({ inputs: tolerated }).inputs.length, 1)
})

t.test('outputs are wanted binary one by one, or all', async t => {
  const plain = read({})
  t.strictSame(plain.wishes, plainWishes)
  t.equal(plain.outputs, undefined)
  const all = read({ parameters: { binary_data_output: true } })
  t.strictSame(wishFor(all.wishes, 'scores'), { binary: true })
  const outputs = [
    { name: 'scores', parameters: { binary_data: false, classification: 2 } },
    { name: 'half', parameters: { classification: 1e9 } },
    { name: 'text', parameters: { binary_data: true } }
  ]
  const chosen = read({ outputs, parameters: { binary_data_output: true } })
  t.strictSame(chosen.outputs, ['scores', 'half', 'text'], 'the runtime gets names')
  t.strictSame(wishFor(chosen.wishes, 'scores'), { binary: false, classes: 2 })
  t.strictSame(wishFor(chosen.wishes, 'half'), { binary: true, classes: 1e9 })
  t.strictSame(wishFor(read({ outputs }).wishes, 'half'), { binary: false, classes: 1e9 })
  t.strictSame(wishFor(read({ outputs }).wishes, 'text'), { binary: true })
})

t.test('values that mean nothing are refused', async t => {
  const outputs = (parameters: object, name = 'scores') => ({
    outputs: [{ name: 'half' }, { name, parameters }]
  })
  const timeout = 'expected a whole number of microseconds, 0 for no limit, got'
  const priority = 'expected a whole number from 0 (the default) to 9, got'
  const classes =
    'outputs[1].parameters.classification: parameter "classification" is not valid: expected how many classes to give, a whole number from 1, got'
  const cases: [request: object, text: string][] = [
    [{ parameters: { timeout: -1 } }, `parameters.timeout: parameter "timeout" is not valid: ${timeout} -1`],
    [{ parameters: { timeout: -1 } }, `${timeout} -1`],
    [{ parameters: { timeout: 1.5 } }, `${timeout} 1.5`],
    [{ parameters: { timeout: true } }, `${timeout} true`],
    [{ parameters: { timeout: '' } }, `${timeout} ""`],
    [{ parameters: { timeout: '5s' } }, `${timeout} "5s"`],
    [{ parameters: { timeout: '-5' } }, `${timeout} "-5"`],
    [{ parameters: { timeout: 2 ** 64 } }, `${timeout} 18446744073709552000`],
    [{ parameters: { timeout: '18446744073709551616' } }, timeout],
    [{ parameters: { timeout: '9'.repeat(1000) } }, timeout],
    [
      { parameters: { priority: 10 } },
      `parameters.priority: parameter "priority" is not valid: ${priority} 10`
    ],
    [{ parameters: { priority: -1 } }, `${priority} -1`],
    [{ parameters: { priority: 'high' } }, `${priority} "high"`],
    [
      { parameters: { binary_data_output: 1 } },
      'parameters.binary_data_output: parameter "binary_data_output" is not valid: expected true or false, got 1'
    ],
    [
      outputs({ binary_data: 'true' }),
      'outputs[1].parameters.binary_data: parameter "binary_data" is not valid: expected true or false, got "true"'
    ],
    [outputs({ classification: -1 }), `${classes} -1`],
    [outputs({ classification: 0 }), `${classes} 0`],
    [outputs({ classification: 1.5 }), `${classes} 1.5`],
    [outputs({ classification: '3' }), `${classes} "3"`],
    [outputs({ classification: true }), `${classes} true`]
  ]
  for (const [request, text] of cases) {
    try {
      read(request)
      t.fail(text)
    } catch (error) {
      const { code, message } = error as ServingError
      t.equal(code, 'INVALID_REQUEST')
      t.ok(message.includes(text), message)
    }
  }
  const all = {
    parameters: { timeout: -1, priority: 10, binary_data_output: 0 },
    ...outputs({ binary_data: 1 })
  }
  t.throws(() => read(all), { message: /and 3 more problems/ }, 'all at once')
})

t.test('only numbers can be classified', async t => {
  for (const [name, datatype] of [
    ['text', 'BYTES'],
    ['flag', 'BOOL']
  ]) {
    t.throws(() => read({ outputs: [{ name: 'half' }, { name, parameters: { classification: 1 } }] }), {
      code: 'INVALID_INPUT',
      details: [
        {
          path: 'outputs[1].parameters.classification',
          problem: `output "${name}" cannot be classified`,
          expected: 'an output of numbers',
          got: datatype
        }
      ]
    })
  }
  t.throws(() => read({ outputs: [{ name: 'nobody', parameters: { classification: 1 } }] }), {
    code: 'INVALID_INPUT',
    message: /the model has no output "nobody"/
  })
})

t.test('parameters that would change the answer are refused', async t => {
  for (const name of ['sequence_id', 'sequence_start', 'sequence_end', 'shared_memory_region']) {
    const places = [
      { parameters: { [name]: 1 } },
      { inputs: [{ ...inputs[0], parameters: { [name]: 'x' } }] },
      { outputs: [{ name: 'scores', parameters: { [name]: true } }] }
    ]
    for (const place of places)
      t.throws(() => read(place), { code: 'NOT_SUPPORTED', message: new RegExp(name) })
    t.ok(read({ parameters: { [name]: false } }))
  }
})

t.test('a label is a name', async t => {
  const labelOf = (parameters?: object) => {
    const asked: string[] = []
    readV2Body(jsonBody({ inputs, parameters }), bareContract(signature), 8, label => {
      asked.push(label)
      return bareContract(signature)
    })
    return asked
  }
  t.strictSame([labelOf(), labelOf({}), labelOf({ label: 'stable' })], [[], [], ['stable']])
  t.strictSame(labelOf({ label: '  Any text; whoever resolves it knows ' }).length, 1)
  const text = 'parameters.label: parameter "label" is not valid: expected the name of a label, got'
  for (const [label, got] of [
    ['', '""'],
    [3, '3'],
    [2.5, '2.5'],
    [true, 'true'],
    [false, 'false']
  ]) {
    const error = t.throws(() => labelOf({ label }), { code: 'INVALID_REQUEST' }, String(got))
    t.equal((error as Error).message, `${text} ${got}`)
  }
  for (const label of [null, ['a'], { a: 1 }])
    t.throws(() => labelOf({ label }), { code: 'INVALID_REQUEST' }, 'parameters are scalars')
})
