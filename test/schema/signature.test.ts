import t from 'tap'
import { describeSpec, specWireShape, takesWideIntegers } from '../../src/schema/signature.ts'
import { type Datatype, datatypeNames } from '../../src/tensor/datatype.ts'

const spec = (datatype: Datatype, shape?: (number | string | null)[]) => ({ name: 'x', datatype, shape })

t.test('only 64-bit inputs make integers wide', async t => {
  for (const datatype of datatypeNames) {
    const wide = datatype === 'INT64' || datatype === 'UINT64'
    t.equal(takesWideIntegers({ inputs: [spec('FP32'), spec(datatype)], outputs: [] }), wide, datatype)
  }
  t.equal(takesWideIntegers({ inputs: [], outputs: [spec('INT64')] }), false)
})

t.test('shapes on the wire and in messages', async t => {
  const cases: [shape: (number | string | null)[] | undefined, wire: number[], text: string][] = [
    [['batch', null, 4], [-1, -1, 4], 'FP32 [batch,-1,4]'],
    [[], [], 'FP32 []'],
    [[0], [0], 'FP32 [0]'],
    [undefined, [-1], 'FP32 of any rank']
  ]
  for (const [shape, wire, text] of cases) {
    t.strictSame(specWireShape(spec('FP32', shape)), wire)
    t.equal(describeSpec(spec('FP32', shape)), text)
  }
})
