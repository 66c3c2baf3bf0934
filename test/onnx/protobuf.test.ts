import { execFileSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  entryIn,
  type Field,
  FileWindow,
  fieldsOf,
  messageIn,
  OnnxFormatError,
  signedOf,
  textBytesMax,
  textBytesTotalMax,
  textOf
} from '../../src/onnx/protobuf.ts'
import { field } from '../helpers/onnx-model.ts'

const folder = t.testdir({})
const scratch = join(folder, 'scratch')

/** The file with these bytes, opened for one test. */
function open(t: Test, bytes: Uint8Array | readonly number[]): FileWindow {
  writeFileSync(scratch, Uint8Array.from(bytes))
  const file = new FileWindow(scratch)
  t.teardown(() => file.close())
  return file
}

/** All fields of a message made of these bytes, or the words it is refused with. */
function read(t: Test, bytes: Uint8Array | readonly number[]): Field[] | string {
  const file = open(t, bytes)
  try {
    return [...fieldsOf(file, 0, file.size)]
  } catch (error) {
    if (error instanceof OnnxFormatError) return error.message.replace('not a readable ONNX model: ', '')
    throw error
  }
}

t.test('the four wire types in use', async t => {
  const fixed = [1, 2, 3, 4, 5, 6, 7, 8]
  const bytes = [8, 5, 0x11, ...fixed, 0x1a, 2, 7, 7, 0x25, ...fixed.slice(4)]
  t.strictSame(read(t, bytes), [
    { number: 1, wire: 0, value: 5, start: 2, end: 2 },
    { number: 2, wire: 1, value: 0, start: 3, end: 11 },
    { number: 3, wire: 2, value: 0, start: 13, end: 15 },
    { number: 4, wire: 5, value: 0, start: 16, end: 20 }
  ])
  t.strictSame(read(t, []), [])
})

t.test('what is no message is refused with the reason', async t => {
  const ff = (count: number): number[] => new Array<number>(count).fill(0xff)
  const cases: [name: string, bytes: number[], problem: RegExp][] = [
    ['key without a value', [8], /^a number runs past the end/],
    ['number that goes on', [8, 0x80], /^a number runs past the end/],
    ['number of 11 bytes', [8, ...ff(10), 1], /^a number is longer than 10 bytes$/],
    ['key of 11 bytes', [...ff(10), 1], /^a number is longer than 10 bytes$/],
    ['field number 0', [0, 0], /^field number 0$/],
    ['field number beyond 2^29 - 1', [0x80, 0x80, 0x80, 0x80, 0x10, 0], /^field number 536870912$/],
    ['huge field number', [...ff(9), 1, 0], /^field number \d+$/],
    ['group', [0x0b], /^field 1 has the unknown wire type 3$/],
    ['end of a group', [0x0c], /unknown wire type 4$/],
    ['wire type 6', [0x0e], /unknown wire type 6$/],
    ['wire type 7', [0x0f], /unknown wire type 7$/],
    ['short fixed64', [9, 1, 2, 3, 4, 5, 6, 7], /^field 1 runs past the end of its message/],
    ['short fixed32', [0x0d, 1, 2, 3], /^field 1 runs past the end of its message/],
    ['length beyond the end', [0x0a, 2, 7], /^field 1 runs past the end of its message/],
    ['length of 2^64 - 1', [0x0a, ...ff(9), 1], /^field 1 runs past the end of its message/],
    ['length of 2^63', [0x0a, ...new Array<number>(9).fill(0x80), 1], /^field 1 runs past/]
  ]
  for (const [name, bytes, problem] of cases) t.match(read(t, bytes), problem, name)
  t.strictSame(read(t, [0xf8, 0xff, 0xff, 0xff, 0x0f, 0]), [
    { number: 0x1fffffff, wire: 0, value: 0, start: 6, end: 6 }
  ])
})

t.test('every 64-bit number comes back, and is read no further than it goes', async t => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(70), (value, shift) => {
      const small = BigInt.asIntN(64, value >> BigInt(shift))
      const fields = read(t, Buffer.concat([field(1, small), field(2, 1)]))
      if (typeof fields === 'string' || fields.length !== 2) return false
      return BigInt.asIntN(64, BigInt(fields[0]!.value)) === small && signedOf(fields[0]!) === Number(small)
    }),
    { numRuns: 300 }
  )
  for (const value of [0, 1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, -1])
    t.equal(signedOf((read(t, field(1, value)) as Field[])[0]!), value)
})

t.test('numbers that take more bytes than they need are numbers', async t => {
  t.equal(signedOf((read(t, [8, 0x85, 0x80, 0x80, 0x80, 0x80, 0x00]) as Field[])[0]!), 5)
  t.equal(signedOf((read(t, [8, 0x85, 0x00]) as Field[])[0]!), 5)
})

t.test('a message ends where the message around it says, not where the file ends', async t => {
  const inner = [0x0a, 3, 7, 7]
  const file = open(t, [0x0a, inner.length, ...inner, 7, 7, 7])
  const [outer] = [...fieldsOf(file, 0, 6)]
  t.throws(() => [...messageIn(file, outer!)], /field 1 runs past the end of its message/)
})

t.test('a field is only read as what it is', async t => {
  const file = open(t, Buffer.concat([field(1, 5), field(2, 'text')]))
  const [number, text] = [...fieldsOf(file, 0, file.size)]
  t.equal(textOf(file, text!), 'text')
  t.throws(() => textOf(file, number!), { message: /field 1 is not a text$/ })
  t.throws(() => messageIn(file, number!), { message: /field 1 is not a message$/ })
  t.throws(() => signedOf(text!), { message: /field 2 is not a number$/ })
})

t.test('an entry is a key and a value, either may be missing, the last one counts', async t => {
  const cases: [Uint8Array, [string, string]][] = [
    [Buffer.concat([field(1, 'k'), field(2, 'v')]), ['k', 'v']],
    [Buffer.concat([field(2, 'v'), field(3, 'x'), field(1, 'k')]), ['k', 'v']],
    [field(1, 'k'), ['k', '']],
    [new Uint8Array(0), ['', '']],
    [Buffer.concat([field(1, 'a'), field(1, 'b'), field(2, 'v')]), ['b', 'v']]
  ]
  for (const [bytes, entry] of cases) {
    const file = open(t, field(1, bytes))
    const [message] = [...fieldsOf(file, 0, file.size)]
    t.strictSame(entryIn(file, message!), entry)
  }
})

t.test('texts are UTF-8, and what is not becomes a replacement character', async t => {
  const file = open(t, Buffer.concat([field(1, 'ä😀'), field(1, Uint8Array.of(0xff, 0x41))]))
  t.strictSame(
    [...fieldsOf(file, 0, file.size)].map(part => textOf(file, part)),
    ['ä😀', '\ufffdA']
  )
})

t.test('texts have a limit, each and all together', async t => {
  const file = open(t, [])
  truncateSync(scratch, textBytesTotalMax + textBytesMax)
  t.equal(file.text(0, textBytesMax).length, textBytesMax)
  t.throws(() => file.text(0, textBytesMax + 1), {
    message: /a text of 1048577 bytes, at most 1048576 are read$/
  })
  for (let read = textBytesMax; read < textBytesTotalMax; read += textBytesMax) file.text(0, textBytesMax)
  t.throws(() => file.text(0, 1), { message: /texts of more than 67108864 bytes together$/ })
})

t.test('values that nobody asks for are not read', async t => {
  const value = new Uint8Array(16 * 2 ** 20)
  const file = open(t, Buffer.concat([field(1, value), field(2, value), field(3, 'end')]))
  const fields = [...fieldsOf(file, 0, file.size)]
  t.equal(textOf(file, fields[2]!), 'end')
  t.ok(file.bytesRead <= 3 * 64 * 1024 + 3, `${file.bytesRead} of ${file.size} bytes were read`)
})

t.test('fields that lie across the edge of a window are whole', async t => {
  const window = 64 * 1024
  for (let before = window - 12; before <= window; before++) {
    const file = open(
      t,
      Buffer.concat([field(1, new Uint8Array(before - 4)), field(300, 2 ** 40), field(2, 'x')])
    )
    const [, number, text] = [...fieldsOf(file, 0, file.size)]
    t.equal(signedOf(number!), 2 ** 40)
    t.equal(textOf(file, text!), 'x')
  }
})

t.test('a file that shrinks meanwhile is cut off', async t => {
  const file = open(t, Buffer.concat([field(1, new Uint8Array(200_000)), field(2, 'text')]))
  const fields = [...fieldsOf(file, 0, file.size)]
  truncateSync(scratch, 100)
  t.throws(() => textOf(file, fields[1]!), { name: 'OnnxFormatError', message: /the file is cut off$/ })
  t.throws(() => file.byteAt(70_000), { name: 'OnnxFormatError', message: /the file is cut off$/ })
})

t.test('only regular files are opened, and a pipe keeps nobody waiting', async t => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  mkdirSync(join(folder, 'folder'))
  for (const path of [pipe, join(folder, 'folder'), '/dev/null'])
    t.throws(() => new FileWindow(path), { name: 'OnnxFormatError', message: /no regular file$/ }, path)
  t.throws(() => new FileWindow(join(folder, 'nothing')), { code: 'ENOENT' })
})

t.test('any bytes are fields inside the message, in order, or an OnnxFormatError', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      const fields = read(t, bytes)
      if (typeof fields === 'string') return true
      let at = 0
      return fields.every(({ start, end }) => {
        const inOrder = at < start && start <= end && end <= bytes.length
        at = end
        return inOrder
      })
    }),
    { numRuns: 2000 }
  )
})
