// Baseline of compute: nothing but session.run(), again and again, with the options that Kedge gives its sessions.
// Arguments: the model, the threads of its session, for how many seconds. Prints { runs, seconds } as JSON.
import '../../src/base/no-telemetry.ts'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const [path = '', threads = '1', duration = '1'] = process.argv.slice(2)
const warmupRuns = 5

const session = await InferenceSession.create(path, {
  executionProviders: ['cpu'],
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 4,
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } }
})

/** Zeros, one wherever a dimension is free. */
const feeds = Object.fromEntries(
  session.inputMetadata.map(input => {
    const shape = input.isTensor ? input.shape.map(size => (typeof size === 'number' ? size : 1)) : []
    const count = shape.reduce((product, size) => product * size, 1)
    return [input.name, new Tensor('float32', new Float32Array(count), shape)]
  })
)

for (let run = 0; run < warmupRuns; run++) await session.run(feeds)
const started = performance.now()
const end = started + Number(duration) * 1000
let runs = 0
while (performance.now() < end) {
  await session.run(feeds)
  runs++
}
process.stdout.write(`${JSON.stringify({ runs, seconds: (performance.now() - started) / 1000 })}\n`)
await session.release()
