import fc from 'fast-check'
import t from 'tap'
import { BodyBuffer, type BodyBufferOptions } from '../../src/http/body-buffer.ts'

const MiB = 2 ** 20

function buffer(over: Partial<BodyBufferOptions> = {}) {
  const growth: number[] = []
  const made = new BodyBuffer({
    announced: undefined,
    bytesMax: MiB,
    alignAt: 0,
    onGrowth: bytes => growth.push(bytes),
    tooLarge: () => new Error('too large'),
    ...over
  })
  return { made, growth }
}

const bytes = (count: number, first = 0) =>
  Uint8Array.from({ length: count }, (_, index) => (first + index) % 256)

t.test('an announced body: what came, in memory of its own, nothing reported', async t => {
  const { made, growth } = buffer({ announced: 5 })
  made.add(bytes(2))
  made.add(bytes(3, 2))
  const body = made.end()
  t.strictSame([...body], [0, 1, 2, 3, 4])
  t.strictSame(growth, [])
  t.equal(body.buffer.byteLength, 5, 'no pool, no room to spare: it can move to a thread')
})

t.test('a body in one piece stays where it is, unless what is to be aligned would not be', async t => {
  const { made } = buffer({ announced: 5 })
  const piece = bytes(5)
  made.add(piece)
  t.equal(made.end(), piece)
  const odd = buffer({ announced: 5, alignAt: 3 }).made
  odd.add(piece)
  const moved = odd.end()
  t.not(moved.buffer, piece.buffer)
  t.same([[...moved], (moved.byteOffset + 3) % 8], [[...piece], 0])
})

t.test('the memory of a large piece is given back once it is copied', async t => {
  const { made } = buffer({ announced: 40_000 })
  const pieces = [bytes(30_000), bytes(10_000)]
  for (const piece of pieces) made.add(piece)
  t.same([...made.end()], [...bytes(30_000), ...bytes(10_000)])
  t.same(
    pieces.map(piece => piece.length),
    [0, 10_000]
  )
})

t.test('less or more than was announced is refused', async t => {
  const short = buffer({ announced: 5 }).made
  short.add(bytes(4))
  const words = 'the body has 4 bytes, content-length announced 5'
  t.throws(() => short.end(), { code: 'INVALID_REQUEST', message: words })
  t.throws(() => buffer({ announced: 1 }).made.end(), { code: 'INVALID_REQUEST' })
  const long = buffer({ announced: 5 }).made
  long.add(bytes(6))
  t.throws(() => long.end(), { code: 'INVALID_REQUEST' })
  t.strictSame([...buffer({ announced: 0 }).made.end()], [])
})

t.test('a body of unknown length grows, and each chunk is asked for before it is kept', async t => {
  const { made, growth } = buffer()
  made.add(bytes(16 * 1024))
  made.add(bytes(1, 7))
  made.add(bytes(100_000))
  t.strictSame(growth, [16 * 1024, 1, 100_000])
  const body = made.end()
  t.equal(body.length, 16 * 1024 + 100_001)
  t.strictSame([body[0], body[16 * 1024 - 1], body[16 * 1024], body[16 * 1024 + 1]], [0, 255, 7, 0])
  const refusing = buffer({
    onGrowth: () => {
      throw new Error('no')
    }
  }).made
  t.throws(() => refusing.add(bytes(1)), { message: 'no' })
  t.equal(refusing.end().length, 0)
})

t.test('the limit itself is fine, one byte more is not, in whatever pieces', async t => {
  for (const announced of [undefined, 100]) {
    const { made } = buffer({ announced, bytesMax: 100 })
    made.add(bytes(60))
    made.add(bytes(40))
    t.throws(() => made.add(bytes(1)), { message: 'too large' })
    t.equal(made.end().length, 100)
    t.throws(() => buffer({ announced, bytesMax: 100 }).made.add(bytes(101)), { message: 'too large' })
  }
})

t.test('whatever comes in whatever pieces comes back, aligned where it has to be', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 8 })
  fc.assert(
    fc.property(chunks, fc.integer({ min: -9, max: 1000 }), fc.boolean(), (parts, alignAt, told) => {
      const whole = Buffer.concat(parts)
      const { made } = buffer({ alignAt, announced: told ? whole.length : undefined })
      for (const part of parts) made.add(part)
      const body = made.end()
      return Buffer.compare(body, whole) === 0 && (body.byteOffset + alignAt) % 8 === 0
    }),
    { numRuns: 200 }
  )
})
