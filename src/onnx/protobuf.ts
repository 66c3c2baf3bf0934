// The wire format of Protocol Buffers, read from a file window by window: fields that nobody asks for are skipped by moving on, so
// gigabytes of weights cost nothing. Every length is checked against its surroundings; rubbish ends in OnnxFormatError.
// https://protobuf.dev/programming-guides/encoding/
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

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

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
    this.size = fstatSync(this.#descriptor).size
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
  /** Varints and fixed numbers; 0 for length-delimited fields. */
  readonly value: bigint
  /** Where a length-delimited value lies. */
  readonly start: number
  readonly end: number
}

/** The fields of the message that lies between two places of a file, in order. */
export function* fieldsOf(file: FileWindow, start: number, end: number): Generator<Field> {
  let at = start
  const next = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= end) throw new OnnxFormatError('a number runs past the end of its message')
      const byte = file.byteAt(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new OnnxFormatError('a number is longer than 10 bytes')
  }
  while (at < end) {
    const key = next()
    const wire = Number(key & 7n)
    const number = Number(key >> 3n)
    if (number < 1 || number > 0x1fffffff) throw new OnnxFormatError(`field number ${number}`)
    if (wire === varint) {
      yield { number, wire, value: BigInt.asUintN(64, next()), start: at, end: at }
      continue
    }
    const length =
      wire === fixed64 ? 8n : wire === fixed32 ? 4n : wire === lengthDelimited ? next() : undefined
    if (length === undefined) throw new OnnxFormatError(`field ${number} has the unknown wire type ${wire}`)
    if (BigInt(at) + length > BigInt(end))
      throw new OnnxFormatError(`field ${number} runs past the end of its message; the file may be cut off`)
    const valueStart = at
    at += Number(length)
    yield { number, wire, value: 0n, start: valueStart, end: at }
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

/** A varint as a signed 64-bit number, which must fit a JavaScript one. */
export function signedOf(field: Field): number {
  if (field.wire !== varint) throw new OnnxFormatError(`field ${field.number} is not a number`)
  return Number(BigInt.asIntN(64, field.value))
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
