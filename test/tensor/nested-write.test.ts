import fc from 'fast-check'
import t from 'tap'
import { datatypeNames } from '../../src/tensor/datatype.ts'
import { tensorDataJson } from '../../src/tensor/json-write.ts'
import { elementText, nestedJson } from '../../src/tensor/nested-write.ts'
import { tensorsOf } from '../helpers/arbitrary-tensors.ts'
import { samples } from '../helpers/samples.ts'

t.test('elements are written as V2 writes them', async t => {
  for (const datatype of datatypeNames) {
    const tensor = { datatype, shape: [4], data: samples[datatype] }
    t.equal(nestedJson(elementText(tensor), [4]), tensorDataJson(tensor), datatype)
  }
  fc.assert(
    fc.property(tensorsOf({ minLength: 1, maxLength: 1 }), ([tensor]) => {
      const flat = nestedJson(elementText(tensor!), [tensor!.data.length])
      return flat === tensorDataJson(tensor!)
    }),
    { numRuns: 500, seed: 4 }
  )
})

t.test('lists are nested by the shape, from where they begin', async t => {
  const text = (index: number): string => String(index)
  const cases: [shape: readonly number[], start: number, json: string][] = [
    [[], 3, '3'],
    [[0], 3, '[]'],
    [[3], 0, '[0,1,2]'],
    [[2, 2], 4, '[[4,5],[6,7]]'],
    [[2, 0], 0, '[[],[]]'],
    [[0, 2], 0, '[]'],
    [[1, 2, 1], 1, '[[[1],[2]]]']
  ]
  for (const [shape, start, json] of cases) t.equal(nestedJson(text, shape, start), json, `[${shape.join()}]`)
})
