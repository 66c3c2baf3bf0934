import t from 'tap'
import {
  boundText,
  chanceText,
  clockText,
  compactText,
  countOf,
  countText,
  dayText,
  nothing,
  percentText,
  scoreText,
  timeText
} from '../../../../src/monitoring/drift/report/numbers.ts'

t.test('what is no number is a dash everywhere', async t => {
  for (const text of [countText, scoreText, boundText, chanceText, percentText, compactText])
    for (const value of [undefined, null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      t.equal(text(value), nothing)
})

const table: [what: string, text: (value: number) => string, cases: [number, string][]][] = [
  [
    'counts',
    countText,
    [
      [0, '0'],
      [1234.4, '1,234'],
      [1e9, '1,000,000,000'],
      [-3, '−3']
    ]
  ],
  [
    'scores',
    scoreText,
    [
      [0, '0.000'],
      [0.03449, '0.034'],
      [0.31249, '0.312'],
      [3.214, '3.21'],
      [32.14, '32.1'],
      [1234.5, '1,235'],
      [-0.5, '−0.500']
    ]
  ],
  [
    'bounds',
    boundText,
    [
      [0.1, '0.1'],
      [0.25, '0.25'],
      [2, '2'],
      [0.12345, '0.123'],
      [0, '0']
    ]
  ],
  [
    'chances',
    chanceText,
    [
      [1, '1.000'],
      [0.0214, '0.021'],
      [0.001, '0.001'],
      [2e-4, '2·10⁻⁴'],
      [3.4e-7, '3·10⁻⁷'],
      [1e-11, '1·10⁻¹¹'],
      [9e-13, '< 10⁻¹²'],
      [0, '< 10⁻¹²']
    ]
  ],
  [
    'shares',
    percentText,
    [
      [0, '0%'],
      [1, '100%'],
      [0.042, '4.2%'],
      [0.5, '50.0%'],
      [0.0003, '0.03%'],
      [0.00001, '< 0.01%'],
      [0.9999, '> 99.9%']
    ]
  ],
  [
    'values',
    compactText,
    [
      [0, '0'],
      [12345, '12.3k'],
      [999960, '1M'],
      [1234, '1230'],
      [-12.345, '−12.3'],
      [0.0451, '0.0451'],
      [1.5e-7, '1.5·10⁻⁷'],
      [-2e15, '−2·10¹⁵'],
      [3e12, '3T'],
      [4.2e9, '4.2G'],
      [0.10000000149, '0.1']
    ]
  ]
]
for (const [what, text, cases] of table)
  t.test(`${what} in few characters`, async t => {
    for (const [value, expected] of cases) t.equal(text(value), expected, String(value))
  })

t.test('one thing is not many', async t => {
  t.strictSame(
    [0, 1, 2000].map(count => countOf(count, 'row')),
    ['0 rows', '1 row', '2,000 rows']
  )
})

t.test('more digits where they are asked for', async t => {
  t.equal(compactText(2001, 4), '2001')
  t.equal(compactText(1_700_123_456, 6), '1.70012G')
})

t.test('times are in UTC, and what is no time stays as it is', async t => {
  const atMs = Date.parse('2025-11-06T07:05:59Z')
  t.equal(clockText(atMs), '07:05')
  t.equal(dayText(atMs), '6 Nov')
  t.equal(timeText('2025-11-06T08:05:59+01:00'), '6 Nov 2025, 07:05 UTC')
  t.equal(timeText('yesterday'), 'yesterday')
})
