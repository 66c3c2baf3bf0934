import fc from 'fast-check'
import t from 'tap'
import { inputProblems, outputProblems, type TensorHead } from '../../src/schema/check.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { Datatype } from '../../src/tensor/datatype.ts'

const signature: Signature = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: ['n', 1] },
    { name: 'plan', datatype: 'BYTES', shape: ['n', 3] }
  ],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: ['n'] },
    { name: 'scores', datatype: 'FP32', shape: ['n', 2] }
  ]
}

const head = (name: string, shape: readonly number[], datatype: Datatype): TensorHead => ({
  name,
  shape,
  datatype
})
const age = head('age', [2, 1], 'FP32')
const plan = head('plan', [2, 3], 'BYTES')

/** The problems of one input of a signature with this shape. */
const shapeProblems = (pattern: (number | string | null)[] | undefined, shape: number[]) =>
  inputProblems({ inputs: [{ name: 'x', datatype: 'FP32', shape: pattern }], outputs: [] }, [
    head('x', shape, 'FP32')
  ])

t.test('inputs that fit have no problem, in any order', async t => {
  t.strictSame(inputProblems(signature, [age, plan]), [])
  t.strictSame(inputProblems(signature, [plan, age]), [])
  t.strictSame(inputProblems({ inputs: [], outputs: [] }, []), [])
})

t.test('missing, unknown and repeated inputs', async t => {
  t.strictSame(inputProblems(signature, []), [
    { path: 'inputs', kind: 'name', problem: 'input "age" is missing', expected: 'FP32 [n,1]' },
    { path: 'inputs', kind: 'name', problem: 'input "plan" is missing', expected: 'BYTES [n,3]' }
  ])
  t.strictSame(inputProblems(signature, [age, plan, head('agee', [2, 1], 'FP32'), head('x', [], 'BOOL')]), [
    {
      path: 'inputs[2].name',
      kind: 'name',
      problem: 'the model has no input "agee"',
      expected: "one of 'age', 'plan'",
      hint: "did you mean 'age'?"
    },
    {
      path: 'inputs[3].name',
      kind: 'name',
      problem: 'the model has no input "x"',
      expected: "one of 'age', 'plan'"
    }
  ])
  t.strictSame(inputProblems(signature, [plan, age, age]), [
    { path: 'inputs[2].name', kind: 'name', problem: 'input "age" is given twice' }
  ])
  t.match(inputProblems(signature, [age, plan, head('__proto__', [], 'FP32')]), [{ path: 'inputs[2].name' }])
})

t.test('datatype and shape are told at once, and for every input', async t => {
  t.strictSame(inputProblems(signature, [head('age', [2, 2], 'FP64'), head('plan', [5, 3], 'INT8')]), [
    {
      path: 'inputs[0].datatype',
      kind: 'type',
      problem: 'input "age" has the wrong datatype',
      expected: 'FP32',
      got: 'FP64'
    },
    {
      path: 'inputs[0].shape',
      kind: 'shape',
      problem: 'input "age" has the wrong shape (dimension 1 has to be 1)',
      expected: '[n,1]',
      got: '[2,2]'
    },
    {
      path: 'inputs[1].datatype',
      kind: 'type',
      problem: 'input "plan" has the wrong datatype',
      expected: 'BYTES',
      got: 'INT8'
    },
    {
      path: 'inputs[1].shape',
      kind: 'shape',
      problem: `input "plan" has the wrong shape (dimension 0 ('n') has to be 2, as in the inputs before it)`,
      expected: '[n,3]',
      got: '[5,3]'
    }
  ])
})

t.test('names of dimensions bind within one request only', async t => {
  t.strictSame(inputProblems(signature, [age, plan]), [])
  const five = [head('age', [5, 1], 'FP32'), head('plan', [5, 3], 'BYTES')]
  t.strictSame(inputProblems(signature, five), [])
})

t.test('the slips that people make most get a hint', async t => {
  const cases: [pattern: (number | string | null)[], shape: number[], hint: string | undefined][] = [
    [['n', 3], [3], 'the batch dimension seems to be missing: send [1,3]'],
    [[null, 3, 224, 224], [3, 224, 224], 'the batch dimension seems to be missing: send [1,3,224,224]'],
    [[null], [], 'the batch dimension seems to be missing: send [1]'],
    [['n', 3], [3, 8], 'rows and columns seem to be swapped: send [8,3]'],
    [['n', 3], [4], undefined],
    [['n', 3], [4, 8], undefined],
    [['n', 3], [3, 8, 1], undefined],
    [['n', 3, 4], [4, 3, 9], undefined],
    [[8, 3], [3], undefined],
    [['n', 'n'], [3], undefined],
    [[2, 2], [3, 3], undefined]
  ]
  for (const [pattern, shape, hint] of cases)
    t.equal(shapeProblems(pattern, shape)[0]!.hint, hint, `[${pattern}] given [${shape}]`)
})

t.test('an open rank takes any shape', async t => {
  for (const shape of [[], [0], [1, 2, 3]]) t.strictSame(shapeProblems(undefined, shape), [])
})

t.test('a hint, where there is one, is a shape that fits', async () => {
  const dimension = fc.oneof(fc.nat(4), fc.constantFrom('n', 'm'), fc.constant(null))
  fc.assert(
    fc.property(
      fc.array(dimension, { maxLength: 4 }),
      fc.array(fc.nat(4), { maxLength: 4 }),
      (pattern, shape) => {
        const [problem] = shapeProblems(pattern, shape)
        const sent = /send \[(.*)\]$/.exec(problem?.hint ?? '')?.[1]
        return sent === undefined || shapeProblems(pattern, sent.split(',').map(Number)).length === 0
      }
    ),
    { numRuns: 500 }
  )
})

t.test('outputs that a caller asks for', async t => {
  for (const wanted of [[], ['label'], ['scores', 'label']])
    t.strictSame(outputProblems(signature, wanted), [])
  t.strictSame(outputProblems(signature, ['label', 'lable', 'label', 'x']), [
    {
      path: 'outputs[1].name',
      kind: 'name',
      problem: 'the model has no output "lable"',
      expected: "one of 'label', 'scores'",
      hint: "did you mean 'label'?"
    },
    { path: 'outputs[2].name', kind: 'name', problem: 'output "label" is asked for twice' },
    {
      path: 'outputs[3].name',
      kind: 'name',
      problem: 'the model has no output "x"',
      expected: "one of 'label', 'scores'"
    }
  ])
})
