// From the start of the process to ready, and its memory once it is idle, with the models that are shipped.
import { join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'
import { type Benchmark, median, rssBytes } from '../harness.ts'

const rounds = 7
const readyBudgetMs = 1000
const rssBudgetMb = 150

export const startCase: Benchmark = {
  name: 'start',
  async run(scope) {
    const readyMs: number[] = []
    const rssMb: number[] = []
    for (let round = 0; round < rounds; round++) {
      const startedMs = performance.now()
      const server = scope.serve(join(projectFolder, 'models'))
      await server.ready
      readyMs.push(performance.now() - startedMs)
      await new Promise(resolve => setTimeout(resolve, 1500))
      rssMb.push(rssBytes(server.child.pid!) / 1e6)
      server.child.kill('SIGTERM')
      await server.exited
    }
    return [
      {
        what: `start to ready, median of ${rounds}`,
        value: median(readyMs),
        unit: 'ms',
        budget: '≤ 1000 ms',
        ratio: median(readyMs) / readyBudgetMs
      },
      {
        what: `idle RSS, median of ${rounds}`,
        value: median(rssMb),
        unit: 'MB',
        budget: '≤ 150 MB',
        ratio: median(rssMb) / rssBudgetMb
      }
    ]
  }
}
