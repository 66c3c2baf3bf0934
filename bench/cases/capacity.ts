// What one replica of one CPU carries, and how long callers wait at shares of that: the numbers of docs/guides/capacity.md.
// The server has a CPU to itself, as in a container with `cpu: 1`, and the client another; calls come at random times, as from a crowd.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { kedge } from '../../test/helpers/process.ts'
import { type Benchmark, type Figure, median, rounds, type Scope, seconds } from '../harness.ts'
import { convnet, image, inputs, tabular } from '../models.ts'
import { binaryAsk, jsonAsk, send } from '../v2.ts'
import { type Ask, Loader } from '../wrk.ts'

const connections = 32
const shares = [0.3, 0.5, 0.7, 0.8, 0.9] as const

interface Loaded {
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

/** Processes that are started meanwhile stay on this CPU, and see no other. */
function onCpu<T>(cpu: number, start: () => T): T {
  const pin = (cpus: string): void =>
    void execFileSync('taskset', ['--pid', '--cpu-list', cpus, String(process.pid)])
  pin(String(cpu))
  try {
    return start()
  } finally {
    // The client, from here on.
    pin('1')
  }
}

/** `kedge bench` at a fixed mean rate; what it prints as JSON. */
async function openLoop(scope: Scope, address: string, model: string, rate: number, isBinary: boolean) {
  const load = ['--rate', rate.toFixed(2), '--duration', String(seconds * 2), '--warm-up', '1', '--json']
  const asked = kedge(scope, ['bench', address, '--model', model, ...load, ...(isBinary ? ['--binary'] : [])])
  let json = ''
  asked.child.stdout?.on('data', (chunk: Buffer) => {
    json += chunk.toString()
  })
  await once(asked.child, 'close')
  return JSON.parse(json) as Loaded
}

async function carried(scope: Scope, name: string, model: Uint8Array, ask: Ask): Promise<readonly Figure[]> {
  const server = onCpu(0, () => scope.serve(scope.folder({ [`${name}/1/model.onnx`]: model })))
  const address = await server.ready
  await send(address, ask)
  const loader = new Loader(scope, address, ask)
  await loader.succeed(connections, seconds)
  const capacities: number[] = []
  const latencies = shares.map(share => ({ share, p50: [] as number[], p99: [] as number[] }))
  for (let round = 0; round < rounds; round++) {
    capacities.push((await loader.succeed(connections, seconds)).requestsPerSecond)
    for (const { share, p50, p99 } of latencies) {
      const rate = share * median(capacities)
      const { latencyMs } = await openLoop(scope, address, name, rate, isBinary(ask))
      p50.push(latencyMs.p50)
      p99.push(latencyMs.p99)
    }
  }
  server.child.kill('SIGTERM')
  await server.exited
  return [
    { what: `${name}: capacity`, value: median(capacities), unit: 'requests/s', rounds: capacities },
    ...latencies.flatMap(({ share, p50, p99 }) => [
      { what: `${name}: p50 at ${share * 100} %`, value: median(p50), unit: 'ms', rounds: p50 },
      { what: `${name}: p99 at ${share * 100} %`, value: median(p99), unit: 'ms', rounds: p99 }
    ])
  ]
}

const isBinary = ({ headers }: Ask): boolean => headers['content-type'] === 'application/octet-stream'

export const capacityCase: Benchmark = {
  name: 'capacity',
  async run(scope) {
    const figures: Figure[] = []
    for (const { name, model, shape } of [tabular(), convnet(), image()]) {
      const make = name === 'image' ? binaryAsk : jsonAsk
      figures.push(...(await carried(scope, name, model, make(name, shape, inputs(shape, 7)))))
    }
    return figures
  }
}
