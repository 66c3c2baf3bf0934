// `npm run soak [-- NAME…]`: runs the soaks, prints their figures and keeps them under bench/results/. Ends with status 1 when a
// budget is missed. SOAK_KILLS and SOAK_SECONDS ask for less, for trying the scripts out.
import { overload } from '../cases/overload.ts'
import { wholeNumber } from '../harness.ts'
import { type Case, runChosen } from '../run-chosen.ts'
import type { Judged } from './budget.ts'
import { kills } from './kills.ts'

const killCount = wholeNumber('SOAK_KILLS', 200)
const loadSeconds = wholeNumber('SOAK_SECONDS', 30)

const soaks: readonly Case<Judged>[] = [
  { name: 'kills', result: 'soak-kills', run: scope => kills(scope, killCount) },
  { name: 'overload', result: 'soak-overload', run: scope => overload(scope, loadSeconds) }
]

await runChosen('soak', soaks, figures => {
  for (const { what } of figures.filter(({ met }) => met === false)) {
    process.stdout.write(`  missed: ${what}\n`)
    process.exitCode = 1
  }
})
