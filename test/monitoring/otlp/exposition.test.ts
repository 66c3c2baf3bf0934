import t from 'tap'
import { parseExposition } from '../../../src/monitoring/otlp/exposition.ts'

t.test('families, their kinds and their samples', async t => {
  const text = [
    '# HELP a_total How \\\\ many\\nof them.',
    '# TYPE a_total counter',
    'a_total 3',
    'a_total{x="1",y="a\\"b\\\\c\\nd,}="} 4.5e-3',
    '',
    '# HELP d_seconds Time.',
    '# TYPE d_seconds histogram',
    'd_seconds_bucket{le="0.1",m="x"} 1',
    'd_seconds_bucket{le="+Inf",m="x"} +Inf',
    '# TYPE g gauge',
    'g{n=""} -Inf',
    'g NaN'
  ].join('\n')
  t.strictSame(parseExposition(text), [
    {
      name: 'a_total',
      help: 'How \\ many\nof them.',
      type: 'counter',
      samples: [
        { name: 'a_total', labels: {}, value: 3 },
        { name: 'a_total', labels: { x: '1', y: 'a"b\\c\nd,}=' }, value: 0.0045 }
      ]
    },
    {
      name: 'd_seconds',
      help: 'Time.',
      type: 'histogram',
      samples: [
        { name: 'd_seconds_bucket', labels: { le: '0.1', m: 'x' }, value: 1 },
        { name: 'd_seconds_bucket', labels: { le: '+Inf', m: 'x' }, value: Number.POSITIVE_INFINITY }
      ]
    },
    {
      name: 'g',
      help: '',
      type: 'gauge',
      samples: [
        { name: 'g', labels: { n: '' }, value: Number.NEGATIVE_INFINITY },
        { name: 'g', labels: {}, value: Number.NaN }
      ]
    }
  ])
})

t.test('what is no exposition is left out', async t => {
  t.strictSame(parseExposition('before 1\n# nothing\n<html>\n'), [])
  t.match(parseExposition('# TYPE a gauge\na{ 1\na 1 2\nb"\n\na 7'), [{ samples: [{ value: 7 }] }])
})
