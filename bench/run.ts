// `npm run bench [-- NAME…]`: runs the benchmarks, prints their figures and keeps them under bench/results/.
import { authCase } from './cases/auth.ts'
import { capacityCase } from './cases/capacity.ts'
import { computeCase } from './cases/compute.ts'
import { healthCase } from './cases/health.ts'
import { otelCase } from './cases/otel.ts'
import { overloadCase } from './cases/overload.ts'
import { recordsCase } from './cases/records.ts'
import { startCase } from './cases/start.ts'
import { tabularCase } from './cases/tabular.ts'
import { visionCase } from './cases/vision.ts'
import { watchCase } from './cases/watch.ts'
import { driftDelay, driftNull } from './drift/alarms.ts'
import { driftCost, driftServer } from './drift/cost.ts'
import { driftPower, driftTests } from './drift/power.ts'
import { runChosen } from './run-chosen.ts'

const benchmarks = [
  startCase,
  tabularCase,
  computeCase,
  visionCase,
  healthCase,
  overloadCase,
  watchCase,
  recordsCase,
  authCase,
  capacityCase,
  otelCase,
  driftServer,
  driftCost,
  driftDelay,
  driftNull,
  driftTests,
  driftPower
]
await runChosen(
  'benchmark',
  benchmarks.map(({ name, run }) => ({ name, result: name, run }))
)
