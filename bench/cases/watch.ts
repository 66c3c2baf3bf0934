// A thousand model folders that are watched and do not change: the CPU time of a server of which this is all that it does, by the same
// polling as `kedge serve`'s. Each folder has a model.yaml and a version.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { settingsSchema } from '../../src/config/schema.ts'
import { identity } from '../../test/helpers/models.ts'
import { type Benchmark, median, type Scope, seconds } from '../harness.ts'

const models = 1000
const coresBudget = 0.01
const rounds = 5
/** Of one round: several polls. */
const pollsPerRound = seconds

interface Share {
  readonly cpuMs: number
  readonly wallMs: number
}

/** What a process that only watches `root` takes, round by round. The rounds begin once everything is known and still. */
async function watch(scope: Scope, root: string, pollMs: number, stableMs: number): Promise<Share[]> {
  const script = fileURLToPath(new URL('../watcher.js', import.meta.url))
  const args = [root, pollMs, stableMs, rounds, pollsPerRound].map(String)
  const child = fork(script, args)
  scope.teardown(() => void child.kill('SIGKILL'))
  const shares: Share[] = []
  child.on('message', share => shares.push(share as Share))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0 || shares.length !== rounds) throw new Error(`the watcher ended with ${code}`)
  return shares
}

export const watchCase: Benchmark = {
  name: 'watch',
  async run(scope) {
    const files: Record<string, Uint8Array | string> = {}
    for (let index = 0; index < models; index++) {
      const folder = `model-${index}`
      files[`${folder}/model.yaml`] = 'versions: { policy: latest, count: 2 }\n'
      files[`${folder}/1/model.onnx`] = identity()
    }
    const root = scope.folder(files)
    const { pollMs, stableMs } = settingsSchema.parse({}).repository
    const shares = await watch(scope, root, pollMs, stableMs)
    const cores = shares.map(({ cpuMs, wallMs }) => cpuMs / wallMs)
    const value = median(cores)
    return [
      {
        what: `CPU of ${models} watched models, a look every ${pollMs} ms`,
        value: value * 100,
        unit: '% of a core',
        budget: `≤ ${coresBudget * 100} %`,
        ratio: value / coresBudget,
        rounds: cores.map(core => core / coresBudget)
      },
      {
        what: 'CPU of a look',
        value: median(shares.map(({ cpuMs }) => cpuMs)) / pollsPerRound,
        unit: 'ms'
      }
    ]
  }
}
