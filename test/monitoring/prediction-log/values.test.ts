import t from 'tap'
import { type Element, elementText, listJson } from '../../../src/monitoring/prediction-log/values.ts'
import type { Feature, FeatureRules, FeatureType } from '../../../src/schema/features.ts'
import type { Datatype, TensorData } from '../../../src/tensor/datatype.ts'
import { samples } from '../../helpers/samples.ts'

function feature(type: FeatureType, rules: FeatureRules = {}): Feature {
  return { name: 'f', input: 'x', column: 0, type, rules }
}

const textsOf = (datatype: Datatype, data: TensorData, feature?: Feature): string =>
  `[${Array.from<Element, string>(data, elementText(datatype, feature)).join()}]`

t.test('every datatype becomes JSON that no reader rounds', async t => {
  const expected: Record<Datatype, string> = {
    BOOL: '[false,true,true,false]',
    UINT8: '[0,1,128,255]',
    UINT16: '[0,1,32768,65535]',
    UINT32: '[0,1,2147483648,4294967295]',
    UINT64: '[0,1,"9007199254740993","18446744073709551615"]',
    INT8: '[-128,-1,0,127]',
    INT16: '[-32768,-1,0,32767]',
    INT32: '[-2147483648,-1,0,2147483647]',
    INT64: '["-9223372036854775808",-1,"9007199254740993","9223372036854775807"]',
    FP16: '[1,-2,"Infinity",5.9604645e-8]',
    FP32: '[0.1,-0,"Infinity","NaN"]',
    FP64: '[0.1,1.7976931348623157e+308,"-Infinity","NaN"]',
    BYTES: '["","plain","ü😀","{\\"json\\": [1]}"]'
  }
  for (const [datatype, list] of Object.entries(expected)) {
    const data = samples[datatype as Datatype]
    t.equal(listJson(datatype as Datatype, data), list, datatype)
    t.equal(textsOf(datatype as Datatype, data), list, datatype)
    t.equal((JSON.parse(list) as unknown[]).length, 4)
  }
})

t.test('an element of a feature means what model.yaml says', async t => {
  const plans = feature('category', { values: ['basic', 'pro', 3] })
  const cases: [Feature, Datatype, TensorData, string][] = [
    [plans, 'FP32', Float32Array.of(1, 0, 2, 3, Number.NaN, 0.5), '["pro","basic",3,3,"NaN",0.5]'],
    [plans, 'INT64', BigInt64Array.of(1n, -1n), '["pro",-1]'],
    [plans, 'FP16', Uint16Array.of(0x3c00), '["pro"]'],
    [plans, 'BYTES', ['pro', 'other'], '["pro","other"]'],
    [feature('boolean'), 'FP32', Float32Array.of(1, 0, 2, Number.NaN), '[true,false,2,"NaN"]'],
    [feature('boolean'), 'BOOL', Uint8Array.of(1, 0), '[true,false]'],
    [feature('integer'), 'FP32', Float32Array.of(1, 2), '[1,2]']
  ]
  for (const [feature, datatype, data, list] of cases)
    t.equal(textsOf(datatype, data, feature), list, `${feature.type} in ${datatype}`)
})
