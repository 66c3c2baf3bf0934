import t from 'tap'
import { markTexts, rangeTexts } from '../../../../src/monitoring/drift/report/edges.ts'

const float32After = (value: number): number => {
  const bits = new Int32Array(new Float32Array([value]).buffer)
  bits[0]!++
  return new Float32Array(bits.buffer)[0]!
}

t.test('edges have as many digits as tell neighbours apart', async t => {
  const cases: [number[], string[]][] = [
    [[], []],
    [[0.5], ['0.5']],
    [[0.1, 0.2].map(Math.fround), ['0.1', '0.2']],
    [
      [2001, 2002, 2003],
      ['2001', '2002', '2003']
    ],
    [
      [-1e6, 0, 1e6],
      ['−1M', '0', '1M']
    ],
    [
      [1.00001, 1.00002],
      ['1.00001', '1.00002']
    ],
    [
      [0, float32After(0), 3],
      ['0', '', '3']
    ]
  ]
  for (const [edges, texts] of cases) t.strictSame(markTexts(edges), texts)
})

t.test('every bin says which values it holds', async t => {
  const cases: [number[], string[]][] = [
    [[], ['all values']],
    [[1], ['below 1', '1 or more']],
    [
      [1, 2.5],
      ['below 1', '1 to 2.5', '2.5 or more']
    ],
    [
      [0, float32After(0), 3],
      ['below 0', 'exactly 0', 'above 0 to 3', '3 or more']
    ],
    [
      [2, 7, float32After(7)],
      ['below 2', '2 to 7', 'exactly 7', 'above 7']
    ],
    [
      [7, 7 + 2 ** -50],
      ['below 7', 'exactly 7', 'above 7']
    ]
  ]
  for (const [edges, texts] of cases) t.strictSame(rangeTexts(edges), texts)
})
