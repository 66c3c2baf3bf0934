// A body that names a label is answered by the version of that label, which is the one that is held.
import t from 'tap'
import { deferred } from '../../src/base/deferred.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import type { InferenceCall } from '../../src/inference/pipeline.ts'
import type { Signature } from '../../src/schema/signature.ts'
import { signature } from '../helpers/fakes.ts'
import { pipelineBench, ran, request } from '../helpers/pipeline-bench.ts'
import { turn } from '../helpers/turn.ts'

/** Equal, but told apart from that of the version which answers by default. */
const others: Signature = { ...signature }

const labelledBench = () => pipelineBench(undefined, { labelled: { label: 'candidate', signature: others } })

/** Reads as a body with this label would. */
const labelled =
  (label: string): InferenceCall['read'] =>
  (_signature, signatureOf) => {
    signatureOf(label)
    return request
  }

t.test('the version of the label reads, runs, answers, is held and is let go', async t => {
  const { call, version: version7, other, otherHolds, holds, instance, targets, reports } = labelledBench()
  const given: unknown[] = []
  const answer = call({
    read: (first, signatureOf) => {
      given.push(first, signatureOf('candidate'))
      return request
    }
  })
  await turn()
  t.strictSame([given[0] === version7.contract, given[1] === other.version.contract], [true, true])
  t.strictSame([holds.count, otherHolds.count], [0, 1], 'the other was let go of at once')
  t.strictSame([instance.runs.length, other.instance.runs.length], [0, 1])
  other.instance.runs[0]!.resolve(ran)
  const { from, version } = await answer
  t.strictSame([from === other.version, version], [true, 8])
  t.match(reports, [{ outcome: 'success', left: 0 }])
  t.equal(reports[0]?.version, other.version)
  const target = { model: 'churn', version: undefined }
  t.strictSame(targets, [target, { ...target, label: 'candidate' }])
})

t.test('a version in the path goes along, for whoever resolves to find a contradiction', async t => {
  const { call, other, targets } = labelledBench()
  const target = { model: 'churn', version: '8' }
  const answer = call({ target, read: labelled('candidate') })
  await turn()
  other.instance.runs[0]!.resolve(ran)
  await answer
  t.strictSame(targets[1], { ...target, label: 'candidate' })
})

t.test('a reader that takes its time may ask later', async t => {
  const { call, other, holds, otherHolds } = labelledBench()
  const reading = deferred<void>()
  const answer = call({
    read: async (_signature, signatureOf) => {
      await reading.promise
      signatureOf('candidate')
      return request
    }
  })
  await turn()
  t.strictSame([holds.count, otherHolds.count], [1, 0])
  reading.resolve()
  await turn()
  await turn()
  t.strictSame([holds.count, otherHolds.count], [0, 1])
  other.instance.runs[0]!.resolve(ran)
  t.equal((await answer).version, 8)
  t.strictSame([holds.count, otherHolds.count], [0, 0])
})

const waysOut: [name: string, read: InferenceCall['read'], code: string, version: 7 | 8][] = [
  ['a label that nobody knows', labelled('beta'), 'LABEL_NOT_FOUND', 7],
  [
    'a body that does not fit the version of its label',
    (_signature, signatureOf) => {
      signatureOf('candidate')
      throw new ServingError('INVALID_INPUT', 'no')
    },
    'INVALID_INPUT',
    8
  ],
  [
    'the same, later',
    async (_signature, signatureOf) => {
      await turn()
      signatureOf('candidate')
      throw new ServingError('INVALID_INPUT', 'no')
    },
    'INVALID_INPUT',
    8
  ]
]
for (const [name, read, code, number] of waysOut) {
  t.test(`way out: ${name}`, async t => {
    const { call, version, other, holds, otherHolds, reports } = labelledBench()
    await t.rejects(call({ read }), { code })
    t.match(reports, [{ outcome: 'invalid', ran: undefined, left: 0 }], 'counted once, nothing is held')
    t.equal(reports[0]?.version, number === 7 ? version : other.version)
    t.strictSame([holds.count, otherHolds.count], [0, 0])
  })
}

t.test('way out: a run that fails', async t => {
  const { call, other, holds, otherHolds, reports } = labelledBench()
  const failing = t.rejects(call({ read: labelled('candidate') }), { code: 'RUN_FAILED' })
  await turn()
  other.instance.runs[0]!.reject(new ServingError('RUN_FAILED', 'no'))
  await failing
  t.match(reports, [{ outcome: 'failed', left: 0 }])
  t.strictSame([holds.count, otherHolds.count], [0, 0])
})
