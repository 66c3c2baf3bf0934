// How float32 becomes JSON: ways to write it, side by side on the same fresh values. Run it alone: node build/bench/micro/encode.js
// docs/decisions/0007 draws the conclusions.

import { v2Response } from '../../src/protocol/v2/encode.ts'
import { plainWishes } from '../../src/protocol/v2/parameters.ts'
import { tensorDataJson } from '../../src/tensor/json-write.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { type Figure, keep, median, print } from '../harness.ts'

const rounds = 15
const valuesPerRound = 60_000

/** Makes the JSON list of some values. */
type Writer = (data: Float32Array) => string

const tens = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

function joined(data: Float32Array | Float64Array, text: (value: number) => string): string {
  let list = '['
  for (let index = 0; index < data.length; index++) list += `${index === 0 ? '' : ','}${text(data[index]!)}`
  return `${list}]`
}

/** The shortest of 6 to 9 digits by formatting and parsing each. */
function searched(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value)
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

/** The same by arithmetic, leaving the text to the engine. */
function computed(value: number): string {
  const magnitude = Math.abs(value)
  if (Number.isInteger(value) || magnitude < 1e-13 || magnitude > 1e9) return searched(value)
  const places = 5 - Math.floor(Math.log10(magnitude))
  for (let more = Math.max(0, places); more <= places + 3; more++) {
    const short = Math.round(value * tens[more]!) / tens[more]!
    if (Math.fround(short) === value) return String(short)
  }
  return searched(value)
}

/** All of them bring every float32 back. */
const writers: Readonly<Record<string, Writer>> = {
  'String(x), the float64': data => joined(data, String),
  'JSON.stringify of an array': data => JSON.stringify(Array.from(data)),
  'join of the typed array': data => `[${data.join(',')}]`,
  'toPrecision(9)': data => joined(data, value => value.toPrecision(9)),
  'toPrecision(9), trimmed': data => joined(data, value => String(Number(value.toPrecision(9)))),
  'shortest of 6 to 9 by toPrecision': data => joined(data, searched),
  'shortest of 6 to 9 by arithmetic': data => joined(data, computed),
  'as shipped: by arithmetic, into bytes': data =>
    tensorDataJson({ datatype: 'FP32', shape: [data.length], data })
}

const normal = (): number =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())

/** What models answer. */
const kinds: Readonly<Record<string, () => number>> = {
  probabilities: () => 1 / (1 + Math.exp(-3 * normal())),
  'softmax of many classes': () => Math.exp(-12 + 4 * normal()),
  embeddings: () => 0.05 * normal(),
  'whole numbers': () => Math.floor(256 * Math.random()),
  'two decimals': () => Math.floor(100_000 * Math.random()) / 100
}

/** Nanoseconds for one value, by writer: medians of rounds in which each takes its turn on the same values. */
function compare<Name extends string, List>(
  contenders: Readonly<Record<Name, (data: List) => unknown>>,
  size: number,
  make: () => List
): Record<Name, number> {
  const names = Object.keys(contenders) as Name[]
  const times = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = -2; round < rounds; round++) {
    // Fresh values, and many: the engine remembers the texts of numbers that it printed lately, which no server profits from.
    const lists = Array.from({ length: valuesPerRound / size }, make)
    for (const name of names) {
      const started = process.hrtime.bigint()
      for (const list of lists) contenders[name](list)
      const ns = Number(process.hrtime.bigint() - started)
      if (round >= 0) times[name].push(ns / valuesPerRound)
    }
  }
  return Object.fromEntries(names.map(name => [name, median(times[name])])) as Record<Name, number>
}

function charsPerValue(write: Writer, kind: () => number): number {
  return write(Float32Array.from({ length: valuesPerRound }, kind)).length / valuesPerRound
}

function floatFigures(): Figure[] {
  const figures: Figure[] = []
  for (const [kindName, kind] of Object.entries(kinds)) {
    for (const size of [3, 1000]) {
      const times = compare(writers, size, () => Float32Array.from({ length: size }, kind))
      const [baseline] = Object.values(times)
      for (const [name, ns] of Object.entries(times)) {
        const what = `${kindName}, lists of ${size}: ${name}`
        figures.push({ what, value: ns, unit: 'ns a value', ratio: ns / baseline! })
      }
    }
    for (const [name, write] of Object.entries(writers)) {
      const what = `${kindName}: ${name}`
      figures.push({ what, value: charsPerValue(write, kind), unit: 'characters a value' })
    }
  }
  return figures
}

/** FP64 needs all of its digits; what differs is who puts them together. */
function doubleFigures(): Figure[] {
  const figures: Figure[] = []
  for (const size of [3, 1000]) {
    const times = compare(
      {
        loop: (data: Float64Array) => joined(data, String),
        join: data => `[${data.join(',')}]`,
        shipped: data => tensorDataJson({ datatype: 'FP64', shape: [size], data })
      },
      size,
      () => Float64Array.from({ length: size }, normal)
    )
    for (const [name, ns] of Object.entries(times)) {
      const what = `FP64, lists of ${size}: ${name}`
      figures.push({ what, value: ns, unit: 'ns a value', ratio: ns / times.loop })
    }
  }
  return figures
}

/** A whole answer of one output, as text at once and by way of an object. */
function answerFigures(): Figure[] {
  const figures: Figure[] = []
  for (const size of [3, 1000]) {
    const outputOf = (data: Float32Array): NamedTensor => ({
      name: 'y',
      datatype: 'FP32',
      shape: [1, size],
      data
    })
    const times = compare(
      {
        tree: data => {
          const { name, datatype, shape } = outputOf(data)
          const outputs = [{ name, shape, datatype, data: Array.from(data) }]
          return JSON.stringify({ model_name: 'm', model_version: '1', outputs })
        },
        text: data => v2Response({ model: 'm', version: 1, outputs: [outputOf(data)] }, plainWishes).body
      },
      size,
      () => Float32Array.from({ length: size }, normal)
    )
    const what = `answer with ${size} values`
    figures.push({ what: `${what}: JSON.stringify of an object`, value: times.tree, unit: 'ns a value' })
    const ratio = times.text / times.tree
    figures.push({ what: `${what}: as shipped`, value: times.text, unit: 'ns a value', ratio })
  }
  return figures
}

const figures = [...floatFigures(), ...doubleFigures(), ...answerFigures()]
print(figures)
keep('encode', figures)
