import fc from 'fast-check'
import t from 'tap'
import { float32CharsMax, float32Text, writeFloat32 } from '../../src/tensor/float32-text.ts'

const inf = Number.POSITIVE_INFINITY
const float32Max = 3.4028234663852886e38

t.test('a float32 is written with the fewest digits from six that bring it back', async t => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-16_777_216, '-16777216'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(1 / 3), '0.33333334'],
    [Math.fround(1e10), '10000000000'],
    [Math.fround(1e21), '1e+21'],
    [Math.fround(1e-7), '1e-7'],
    [float32Max, '3.4028235e+38'],
    [-float32Max, '-3.4028235e+38'],
    [2 ** -149, '1.4013e-45'],
    [-(2 ** -149), '-1.4013e-45'],
    [2 ** -126, '1.1754944e-38'],
    [2 ** -126 - 2 ** -149, '1.1754942e-38'],
    [1e9, '1000000000'],
    [-123_456_790_528, '-123456790000'],
    [Math.fround(1e-6), '0.000001'],
    [Math.fround(1e-14), '1e-14'],
    [Math.fround(1.25e-9), '1.25e-9'],
    [-Math.fround(1.234567e-7), '-1.234567e-7'],
    [8_388_607.5, '8388607.5'],
    [0.000_001_5, '0.0000015'],
    [Number.NaN, '"NaN"'],
    [inf, '"Infinity"'],
    [-inf, '"-Infinity"']
  ]
  for (const [value, text] of cases) t.equal(float32Text(value), text)
})

const digitsOf = (text: string): number => text.replace(/e.*/, '').replace(/^-?0*\.?0*|\.|0+$/g, '').length

t.test(
  'every float32 comes back from its text, and no shorter text of six digits or more would do',
  async () => {
    const anyBits = fc.integer().map(bits => new Float32Array(Int32Array.of(bits).buffer)[0]!)
    const finite = fc.oneof(anyBits, fc.float()).filter(Number.isFinite)
    fc.assert(
      fc.property(finite, value => {
        const text = float32Text(value)
        const parsed = JSON.parse(text) as number
        if (!Object.is(Math.fround(parsed), value)) return false
        const digits = digitsOf(text)
        const shorter = digits > 6 ? Number(value.toPrecision(digits - 1)) : Number.NaN
        return digits <= 9 && (Number.isInteger(value) || Math.fround(shorter) !== value)
      }),
      { numRuns: 5000 }
    )
  }
)

/** The engine's own formatting, tried with ever more digits. */
function searched(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return Object.is(value, -0) ? '-0' : String(value)
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

t.test('the text is the one that the engine gives those digits, and has room', async () => {
  const into = new Uint8Array(64)
  const bits = fc.nat(0xff_ffff).map(bits => bits / 2 ** 24)
  const scaled = fc.record({ bits, exponent: fc.integer({ min: -20, max: 12 }) })
  const near = scaled.map(({ bits, exponent }) => Math.fround(bits * 10 ** exponent))
  fc.assert(
    fc.property(fc.oneof(near, fc.float({ noNaN: true, noDefaultInfinity: true })), value => {
      const at = 7
      into.fill(0)
      const end = writeFloat32(into, at, value)
      const text = Buffer.from(into.subarray(at, end)).toString()
      const rest = into[at - 1] === 0 && into.subarray(end).every(byte => byte === 0)
      return text === searched(value) && text === float32Text(value) && text.length <= float32CharsMax && rest
    }),
    { numRuns: 5000 }
  )
})
