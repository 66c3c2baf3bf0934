import t from 'tap'
import { gateLines } from '../../../src/cli/check/failures.ts'
import type { GateFailure } from '../../../src/lifecycle/gate-verdict.ts'
import { verdict } from '../../helpers/check-reports.ts'

const differs: GateFailure = { row: 1, output: 'y', problem: 'differs', expected: 1.5, got: 1.25 }

t.test('a failure names its file, row, output, expected and got', async t => {
  const cases: [failure: Partial<GateFailure>, line: string][] = [
    [{}, 'y, row 1: differs: expected 1.5, got 1.25'],
    [{ row: 0, output: undefined, expected: '"a"', got: '"b"' }, 'row 0: differs: expected "a", got "b"'],
    [{ row: undefined, problem: 'is missing', expected: undefined, got: undefined }, 'y: is missing'],
    [{ row: undefined, output: undefined, expected: undefined, got: undefined }, 'differs'],
    [{ expected: 0, got: undefined }, 'y, row 1: differs: expected 0, got nothing'],
    [{ expected: undefined, got: null }, 'y, row 1: differs: expected nothing, got null'],
    [{ expected: 2n ** 53n, got: -3n }, 'y, row 1: differs: expected 9007199254740992, got -3'],
    [{ expected: Number.NaN, got: -1 / 0 }, 'y, row 1: differs: expected NaN, got -Infinity'],
    [{ expected: [1, 2], got: new BigInt64Array([1n, 3n]) }, 'y, row 1: differs: expected [1,2], got [1,3]'],
    [{ expected: 'x'.repeat(500), got: '' }, `y, row 1: differs: expected ${'x'.repeat(120)}…, got `]
  ]
  for (const [failure, line] of cases)
    t.equal(
      gateLines(verdict({ failures: [{ ...differs, ...failure }, differs] }), 8)[0],
      `gate/a.yaml: ${line}`
    )
})

t.test('long lists are cut, and what was cut is counted', async t => {
  const failures = Array.from({ length: 10 }, (_, row) => ({ ...differs, row }))
  const cases: [
    failures: readonly GateFailure[],
    leftOut: number,
    max: number,
    lines: number,
    last: RegExp
  ][] = [
    [failures, 0, 10, 10, /row 9/],
    [failures, 0, 9, 10, /^and 1 more$/],
    [failures, 5, 10, 11, /^and 5 more$/],
    [failures, 5, 4, 5, /^and 11 more$/]
  ]
  for (const [failures, failuresLeftOut, max, count, last] of cases) {
    const lines = gateLines(verdict({ failures, failuresLeftOut }), max)
    t.equal(lines.length, count)
    t.match(lines.at(-1), last)
  }
})

t.test('a gate that passed, none, and a single failure, which the reason has, say nothing', async t => {
  t.strictSame(gateLines(verdict({ failures: [differs] }), 8), [])
  t.equal(gateLines(verdict({ failures: [differs], failuresLeftOut: 1 }), 8).length, 2)
  t.strictSame(gateLines(undefined, 8), [])
  t.strictSame(gateLines(verdict(), 8), [])
})
