import t from 'tap'
import { makeScorer, scoredOutput } from '../../src/lifecycle/gate-score.ts'
import type { ScoredFile } from '../../src/repository/gate-file.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { manifestOf } from '../helpers/fakes.ts'

const set = (metric: ScoredFile['metric'], over: Partial<ScoredFile> = {}): ScoredFile => ({
  kind: 'scored',
  file: 'gate/a.yaml',
  path: '/a.csv',
  dataName: 'gate/a.csv',
  label: 'truth',
  metric,
  ...over
})
const spec = (name: string, datatype: TensorSpec['datatype'] = 'FP32'): TensorSpec => ({
  name,
  datatype,
  shape: ['n', 1]
})
const fp32 = (width: number, ...values: number[]): NamedTensor => ({
  name: 'p',
  datatype: 'FP32',
  shape: [values.length / width, width],
  data: Float32Array.from(values)
})
const labelsOf = (...values: number[]): NamedTensor => ({
  name: 'l',
  datatype: 'INT64',
  shape: [values.length],
  data: BigInt64Array.from(values.map(BigInt))
})
const texts = (...values: string[]): NamedTensor => ({
  name: 'l',
  datatype: 'BYTES',
  shape: [values.length],
  data: values
})

function score(
  metric: ScoredFile['metric'],
  outputs: Record<string, unknown>,
  batches: [unknown[], NamedTensor][]
): number | string {
  const [, first] = batches[0]!
  const scorer = makeScorer(set(metric), spec(first.name), manifestOf({ outputs }))
  for (const [labels, output] of batches) {
    const problem = scorer.add(labels, output)
    if (problem !== undefined) return problem
  }
  return Number(scorer.value().toFixed(8))
}

const abc = { classes: ['a', 'b', 'c'] }

t.test('metrics as scikit-learn computes them', async t => {
  // sklearn.metrics: accuracy_score, f1_score(average="macro"), log_loss, mean_absolute_error, root_mean_squared_error
  const cases: [name: string, got: number | string, wanted: number][] = [
    ['accuracy of labels', score('accuracy', {}, [[[0, 1, 2, 1], labelsOf(0, 1, 1, 1)]]), 0.75],
    [
      'over two batches',
      score('accuracy', {}, [
        [[0, 1], labelsOf(0, 0)],
        [['2', '1'], labelsOf(2, 1)]
      ]),
      0.75
    ],
    [
      'class names for numbers',
      score('accuracy', { l: abc }, [[['a', 'b', 'c'], labelsOf(0, 1, 1)]]),
      0.66666667
    ],
    [
      'numbers for class names',
      score('accuracy', { l: abc }, [[[0, 1, 2], texts('a', 'b', 'a')]]),
      0.66666667
    ],
    ['texts', score('accuracy', {}, [[['x', 'y'], texts('x', 'x')]]), 0.5],
    [
      'the largest probability',
      score('accuracy', { p: abc }, [[['c', 'a'], fp32(3, 0.1, 0.2, 0.7, 0.3, 0.5, 0.2)]]),
      0.5
    ],
    [
      'one probability of two classes',
      score('accuracy', {}, [[[1, 0, 1], fp32(1, 0.9, 0.4, 0.1)]]),
      0.66666667
    ],
    [
      'labels that are no index',
      score('accuracy', { l: { classes: [-1, 1] } }, [[[-1, 1, 1], labelsOf(-1, 1, -1)]]),
      0.66666667
    ],
    ['macro-F1', score('macro-F1', {}, [[[0, 0, 1, 1, 2, 2], labelsOf(0, 1, 1, 1, 2, 0)]]), 0.65555556],
    [
      'macro-F1, a class that was never predicted',
      score('macro-F1', {}, [[[0, 1], labelsOf(0, 0)]]),
      0.33333333
    ],
    [
      'log-loss',
      score('log-loss', { p: abc }, [[['a', 'c'], fp32(3, 0.7, 0.2, 0.1, 0.25, 0.25, 0.5)]]),
      0.52491106
    ],
    ['log-loss, sure and wrong', score('log-loss', { p: abc }, [[['a'], fp32(3, 0, 1, 0)]]), 34.53877639],
    ['log-loss of one column', score('log-loss', {}, [[[1, 0], fp32(1, 0.8, 0.4)]]), 0.36698459],
    ['MAE', score('MAE', {}, [[[1, '2', 4], fp32(1, 1.5, 2, 2)]]), 0.83333333],
    ['RMSE', score('RMSE', {}, [[[1, 2, 4], fp32(1, 1.5, 2, 2)]]), 1.19023807]
  ]
  for (const [name, got, wanted] of cases)
    t.ok(typeof got === 'number' && Math.abs(got - wanted) < 1e-7, `${name}: ${got}, scikit-learn ${wanted}`)
})

t.test('labels that mean nothing are told', async t => {
  t.equal(
    score('log-loss', { p: abc }, [[['x'], fp32(3, 0.1, 0.2, 0.7)]]),
    'label "x" is none of the 3 classes'
  )
  t.equal(score('MAE', {}, [[['x'], fp32(1, 1)]]), 'label "x" is no number')
  t.ok(Number.isNaN(makeScorer(set('accuracy'), spec('l'), manifestOf()).value()), 'no rows, no score')
})

t.test('which output the metric is taken from', async t => {
  const signature = { inputs: [], outputs: [spec('label', 'INT64'), spec('probabilities'), spec('value')] }
  const roles = manifestOf({
    outputs: { label: { role: 'label' }, probabilities: { role: 'probabilities' }, value: { role: 'value' } }
  })
  const cases: [file: ScoredFile, name: string | RegExp, manifest?: ReturnType<typeof manifestOf>][] = [
    [set('accuracy'), 'label'],
    [set('macro-F1'), 'label'],
    [set('log-loss'), 'probabilities'],
    [set('MAE'), 'value'],
    [set('RMSE', { output: 'probabilities' }), 'probabilities'],
    [
      set('MAE', { output: 'no' }),
      /^output: the model has no output 'no' \(it has 'label', 'probabilities', 'value'\)$/
    ],
    [
      set('MAE'),
      /^output: say which of 'label', 'probabilities', 'value' the metric is taken from/,
      manifestOf()
    ],
    [set('accuracy'), 'probabilities', manifestOf({ outputs: { probabilities: { role: 'probabilities' } } })]
  ]
  for (const [file, wanted, manifest = roles] of cases) {
    const found = scoredOutput(file, signature, manifest)
    if (typeof wanted === 'string') t.match(found, { name: wanted }, `${file.metric}: ${wanted}`)
    else t.match(found, wanted)
  }
  t.match(scoredOutput(set('MAE'), { inputs: [], outputs: [spec('only')] }, manifestOf()), { name: 'only' })
})
