// Tensors → JSON nested as their shape says, as TensorFlow Serving and KServe V1 write them. Numbers as in json-write.ts.
import { datatypes } from './datatype.ts'
import { float32Text } from './float32-text.ts'
import { numberFromHalf } from './half.ts'
import { numberJson } from './json-write.ts'
import type { Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'

/** The JSON of element `index`. */
export type ElementText = (index: number) => string

export function elementText({ datatype, data }: Tensor): ElementText {
  switch (datatypes[datatype].kind) {
    case 'bool':
      return index => (data[index] === 0 ? 'false' : 'true')
    case 'integer':
    case 'bigint':
      return index => String(data[index])
    case 'float':
      return datatype === 'FP32'
        ? index => single(data[index] as number)
        : index => numberJson(data[index] as number)
    case 'half':
      return index => single(numberFromHalf(data[index] as number))
    case 'string':
      return index => JSON.stringify(data[index])
  }
}

function single(value: number): string {
  return Number.isFinite(value) ? float32Text(value) : `"${value}"`
}

/** Elements from `start` on, nested by `shape`: a single one where that is `[]`. */
export function nestedJson(text: ElementText, shape: Shape, start = 0): string {
  return nested(text, shape, 0, start).json
}

function nested(
  text: ElementText,
  shape: Shape,
  axis: number,
  start: number
): { readonly json: string; readonly end: number } {
  if (axis === shape.length) return { json: text(start), end: start + 1 }
  let json = '['
  let end = start
  const size = shape[axis]!
  const isInnermost = axis === shape.length - 1
  for (let index = 0; index < size; index++) {
    if (index > 0) json += ','
    if (isInnermost) json += text(end++)
    else {
      const inner = nested(text, shape, axis + 1, end)
      json += inner.json
      end = inner.end
    }
  }
  return { json: `${json}]`, end }
}
