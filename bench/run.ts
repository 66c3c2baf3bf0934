// `npm run bench [-- NAME…]`: runs the benchmarks, prints their figures and keeps them under bench/results/.
import { computeCase } from './cases/compute.ts'
import { healthCase } from './cases/health.ts'
import { overloadCase } from './cases/overload.ts'
import { startCase } from './cases/start.ts'
import { tabularCase } from './cases/tabular.ts'
import { visionCase } from './cases/vision.ts'
import { keep, print, Scope } from './harness.ts'

const benchmarks = [startCase, tabularCase, computeCase, visionCase, healthCase, overloadCase]
const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !benchmarks.some(benchmark => benchmark.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `no benchmark ${unknown.join(', ')}; there are ${benchmarks.map(({ name }) => name).join(', ')}\n`
  )
  process.exit(2)
}
for (const benchmark of benchmarks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  process.stdout.write(`${benchmark.name}\n`)
  const scope = new Scope()
  try {
    const figures = await benchmark.run(scope)
    print(figures)
    keep(benchmark.name, figures)
  } finally {
    scope.close()
  }
}
