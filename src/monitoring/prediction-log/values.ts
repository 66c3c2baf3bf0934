// Captured elements → JSON texts. Always legal JSON that no reader rounds: NaN and the infinities are strings, as are 64-bit integers
// beyond 2^53. Elements of features mean what model.yaml says: a category is its value, not its index.
import { jsonSafe } from '../../base/json-safe.ts'
import type { Feature } from '../../schema/features.ts'
import { type Datatype, factsOf, type TensorData } from '../../tensor/datatype.ts'
import { float32Text } from '../../tensor/float32-text.ts'
import { numberFromHalf } from '../../tensor/half.ts'
import { numberJson, tensorDataJson } from '../../tensor/json-write.ts'

export type Element = TensorData[number]

/** The elements as a JSON list. */
export function listJson(datatype: Datatype, data: TensorData): string {
  if (factsOf(datatype).kind === 'bigint') return JSON.stringify(jsonSafe(data))
  return tensorDataJson({ datatype, shape: [data.length], data })
}

/** What makes the JSON text of an element of `datatype`; `feature` says what it means, where anything does. */
export function elementText(datatype: Datatype, feature: Feature | undefined): (element: Element) => string {
  const plain = plainText(datatype)
  const meaning = meaningOf(datatype, feature)
  if (meaning === undefined) return plain
  return element => {
    const number = datatype === 'FP16' ? numberFromHalf(Number(element)) : Number(element)
    const meant = meaning(number)
    return meant === undefined ? plain(element) : JSON.stringify(jsonSafe(meant))
  }
}

function plainText(datatype: Datatype): (element: Element) => string {
  switch (factsOf(datatype).kind) {
    case 'bool':
      return element => (element === 0 ? 'false' : 'true')
    case 'integer':
      return String
    case 'bigint':
    case 'string':
      return element => JSON.stringify(jsonSafe(element))
    case 'float':
      return datatype === 'FP32'
        ? element => float32Text(element as number)
        : element => numberJson(element as number)
    case 'half':
      // What brings a float32 back brings a half back.
      return element => float32Text(numberFromHalf(element as number))
  }
}

/** What a number in a tensor stands for; undefined where elements speak for themselves. */
function meaningOf(
  datatype: Datatype,
  feature: Feature | undefined
): ((element: number) => string | number | boolean | undefined) | undefined {
  const { kind } = factsOf(datatype)
  if (feature?.type === 'category' && kind !== 'string') return element => feature.rules.values?.[element]
  if (feature?.type === 'boolean' && kind !== 'bool')
    return element => (element === 0 ? false : element === 1 ? true : undefined)
  return undefined
}
