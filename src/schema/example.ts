// A request that a version should take, made from what is known of its inputs: one row, free dimensions of 1, each feature in the middle of its
// range. Whether the graph takes it, running it tells.
import { allocate, factsOf } from '../tensor/datatype.ts'
import { elementWriter } from '../tensor/json-read.ts'
import { elementCount } from '../tensor/shape.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { Contract } from './contract.ts'
import type { Feature } from './features.ts'
import type { TensorSpec } from './signature.ts'

export function exampleTensors({ signature, features }: Contract): readonly NamedTensor[] {
  return signature.inputs.map(input => {
    const shape = (input.shape ?? [1]).map(size => (typeof size === 'number' ? size : 1))
    const count = elementCount(shape) ?? 0
    const data = allocate(input.datatype, count)
    const write = elementWriter(input.datatype, data)
    const own = features.filter(feature => feature.input === input.name)
    const [first] = own
    for (let index = 0; index < count; index++) {
      const feature = first?.type === 'tensor' ? first : own[index % Math.max(1, own.length)]
      if (feature !== undefined) write(index, exampleElement(feature, input))
    }
    return { name: input.name, datatype: input.datatype, shape, data }
  })
}

/** As it stands in the tensor: of a category that has numbers, the place of its value. */
function exampleElement({ type, rules }: Feature, { datatype }: TensorSpec): unknown {
  const { kind } = factsOf(datatype)
  const { values, default: byDefault } = rules
  if (values !== undefined && type === 'category') {
    const value = byDefault ?? values[0]!
    return kind === 'string' ? String(value) : values.indexOf(value)
  }
  if (typeof byDefault === 'boolean') return kind === 'bool' ? byDefault : Number(byDefault)
  if (byDefault !== undefined) return byDefault
  if (kind === 'string') return values === undefined ? 'text' : String(values[0])
  if (kind === 'bool') return false
  const middle = middleOf(rules.min, rules.max)
  return type === 'integer' || kind === 'integer' || kind === 'bigint' ? whole(middle, rules.max) : middle
}

function middleOf(min: number | undefined, max: number | undefined): number {
  if (min !== undefined && max !== undefined) return round((min + max) / 2, min, max)
  if (min !== undefined) return Math.max(min, 0)
  return max !== undefined ? Math.min(max, 0) : 0
}

/** To few digits, for people; as it is where that would leave the range. */
function round(value: number, min: number, max: number): number {
  const short = Number(value.toPrecision(3))
  return short >= min && short <= max ? short : value
}

function whole(value: number, max: number | undefined): number {
  const up = Math.ceil(value)
  return max !== undefined && up > max ? Math.floor(value) : up
}
