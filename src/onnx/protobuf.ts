// The wire format of Protocol Buffers, read from a file window by window: fields that nobody asks for are skipped by moving on, so
// gigabytes of weights cost nothing. Every length is checked against its surroundings; rubbish ends in OnnxFormatError.
// https://protobuf.dev/programming-guides/encoding/
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** The file is not what its name says; the message is for people. */
export class OnnxFormatError extends Error {
  constructor(message: string) {
    super(`not a readable ONNX model: ${message}`)
    this.name = 'OnnxFormatError'
  }
}

const windowBytes = 64 * 1024
/** The longest name or text in a header; documentation of a graph may be long, nothing sensible is longer. */
export const textBytesMax = 1024 * 1024
/** All texts of a header together: a file with holes in it may claim more of them than memory holds. */
export const textBytesTotalMax = 64 * 1024 * 1024

const varint = 0
const fixed64 = 1
const lengthDelimited = 2
const fixed32 = 5

/** A file that is read at any place through one buffer. Reads block, but only ever for a header. */
export class FileWindow {
  readonly size: number
  /** Bytes read from the file so far. */
  bytesRead = 0
  readonly #descriptor: number
  readonly #buffer = Buffer.allocUnsafe(windowBytes)
  #start = 0
  #end = 0
  #textBytes = 0

  constructor(path: string) {
    // Without waiting: opening a pipe would last until somebody writes to it.
    this.#descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const facts = fstatSync(this.#descriptor)
    this.size = facts.size
    if (facts.isFile()) return
    this.close()
    throw new OnnxFormatError('it is no regular file')
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  byteAt(position: number): number {
    if (position < this.#start || position >= this.#end) this.#fill(position)
    return this.#buffer[position - this.#start]!
  }

  text(position: number, length: number): string {
    if (length > textBytesMax)
      throw new OnnxFormatError(`a text of ${length} bytes, at most ${textBytesMax} are read`)
    this.#textBytes += length
    if (this.#textBytes > textBytesTotalMax)
      throw new OnnxFormatError(`texts of more than ${textBytesTotalMax} bytes together`)
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const read = readSync(this.#descriptor, bytes, done, length - done, position + done)
      if (read === 0) throw new OnnxFormatError('the file is cut off')
      done += read
    }
    this.bytesRead += length
    return bytes.toString('utf8')
  }

  #fill(position: number): void {
    const read = readSync(this.#descriptor, this.#buffer, 0, windowBytes, position)
    if (read === 0) throw new OnnxFormatError('the file is cut off')
    this.bytesRead += read
    this.#start = position
    this.#end = position + read
  }
}

/** A field whose value was not read yet: a number, or a place in the file. */
export interface Field {
  readonly number: number
  readonly wire: number
  /** Varints; 0 for everything else. */
  readonly value: number | bigint
  /** Where a length-delimited value lies. */
  readonly start: number
  readonly end: number
}

/** The fields of the message that lies between two places of a file, in order. */
export function* fieldsOf(file: FileWindow, start: number, end: number): Generator<Field> {
  let at = start
  const byte = (): number => {
    if (at >= end) throw new OnnxFormatError('a number runs past the end of its message')
    return file.byteAt(at++)
  }
  /** Nearly all numbers are short; a bigint for each would make large tree ensembles slow to read. */
  const next = (): number | bigint => {
    let short = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const part = byte()
      short |= (part & 0x7f) << shift
      if (part < 0x80) return short
    }
    let value = BigInt(short)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const part = byte()
      value |= BigInt(part & 0x7f) << shift
      if (part < 0x80) return BigInt.asUintN(64, value)
    }
    throw new OnnxFormatError('a number is longer than 10 bytes')
  }
  while (at < end) {
    const key = Number(next())
    const wire = key % 8
    const number = Math.floor(key / 8)
    if (number < 1 || number > 0x1fffffff) throw new OnnxFormatError(`field number ${number}`)
    if (wire === varint) {
      yield { number, wire, value: next(), start: at, end: at }
      continue
    }
    const length =
      wire === fixed64 ? 8 : wire === fixed32 ? 4 : wire === lengthDelimited ? Number(next()) : undefined
    if (length === undefined) throw new OnnxFormatError(`field ${number} has the unknown wire type ${wire}`)
    if (at + length > end)
      throw new OnnxFormatError(`field ${number} runs past the end of its message; the file may be cut off`)
    const valueStart = at
    at += length
    yield { number, wire, value: 0, start: valueStart, end: at }
  }
}

/** A length-delimited field as UTF-8 text. */
export function textOf(file: FileWindow, field: Field): string {
  if (field.wire !== lengthDelimited) throw new OnnxFormatError(`field ${field.number} is not a text`)
  return file.text(field.start, field.end - field.start)
}

/** The fields inside a length-delimited field. */
export function messageIn(file: FileWindow, field: Field): Generator<Field> {
  if (field.wire !== lengthDelimited) throw new OnnxFormatError(`field ${field.number} is not a message`)
  return fieldsOf(file, field.start, field.end)
}

/** A varint as a signed 64-bit number; beyond 2^53 the nearest one that JavaScript has. */
export function signedOf(field: Field): number {
  if (field.wire !== varint) throw new OnnxFormatError(`field ${field.number} is not a number`)
  return typeof field.value === 'number' ? field.value : Number(BigInt.asIntN(64, field.value))
}

/** A StringStringEntryProto: one key and its value. */
export function entryIn(file: FileWindow, field: Field): [key: string, value: string] {
  let key = ''
  let value = ''
  for (const part of messageIn(file, field)) {
    if (part.number === 1) key = textOf(file, part)
    else if (part.number === 2) value = textOf(file, part)
  }
  return [key, value]
}
