// The common case of records, read from the bytes at once: `{"instances":[{…},{…}]}` whose records all have every feature, in one order, and
// nothing but numbers. No object is made for any of them. Of everything else, mistakes included, it knows nothing: the general reader does it all.
import type { Contract } from '../../schema/contract.ts'
import type { Feature } from '../../schema/features.ts'
import { allocate } from '../../tensor/datatype.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import { byte, RecordScanner } from './record-scanner.ts'
import type { Placed } from './values.ts'

export interface QuickRecords extends Placed {
  /** What the envelope holds after its records, as the text of an object. */
  readonly rest: string
}

/** Undefined where the body, or the model, is any less simple. */
export function quickRecords(body: Uint8Array, contract: Contract): QuickRecords | undefined {
  const { features } = contract
  if (!isSimple(contract)) return undefined
  const scanner = new RecordScanner(body)
  if (!scanner.open()) return undefined
  const names = new Map(features.map((feature, place) => [feature.name, place]))
  const order = scanner.first(names)
  if (order === undefined || !scanner.others()) return undefined
  const tensors = tensorsOf(contract, order, scanner)
  const rest = restOf(body.subarray(scanner.at))
  if (tensors === undefined || rest === undefined) return undefined
  return {
    tensors,
    rest,
    placeOf: (input, feature, element) => {
      const width = features.filter(one => one.input === input).length
      return `instances[${Math.floor(element / width)}].${feature}`
    }
  }
}

const simpleOnes = new WeakMap<Contract, boolean>()

/** Whether all features are numbers in floating tensors. */
function isSimple(contract: Contract): boolean {
  const known = simpleOnes.get(contract)
  if (known !== undefined) return known
  const { signature, features } = contract
  const isFloat = signature.inputs.every(({ datatype }) => datatype === 'FP32' || datatype === 'FP64')
  // A key that JSON cannot be asked for by name is for the general reader to refuse.
  const simple =
    isFloat &&
    features.length > 0 &&
    features.every(({ name, type }) => type === 'number' && name !== '__proto__')
  simpleOnes.set(contract, simple)
  return simple
}

/** The end of the body: what closes the envelope, or goes on with it. */
function restOf(end: Uint8Array): string | undefined {
  const text = Buffer.from(end.buffer, end.byteOffset, end.length).toString().trim()
  if (text.charCodeAt(0) === byte.comma) return `{${text.slice(1)}`
  return text === '}' ? '{}' : undefined
}

/** Values stand record by record, in the records' own order of features; undefined where one does not fit its datatype. */
function tensorsOf(
  { signature, features }: Contract,
  order: readonly number[],
  { values, rows }: RecordScanner
): readonly NamedTensor[] | undefined {
  const placeOf = new Map(order.map((feature, place) => [features[feature]!, place]))
  const tensors = signature.inputs.map(input => {
    const own = features.filter((feature: Feature) => feature.input === input.name)
    const shape = input.shape?.length === 1 ? [rows] : [rows, own.length]
    const data = allocate(input.datatype, rows * own.length) as Float32Array
    for (const [column, feature] of own.entries()) {
      let from = placeOf.get(feature)!
      for (let to = column; to < data.length; to += own.length, from += order.length) data[to] = values[from]!
    }
    return { name: input.name, datatype: input.datatype, shape, data }
  })
  return tensors.every(({ data }) => data.every(Number.isFinite)) ? tensors : undefined
}
