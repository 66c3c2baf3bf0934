// `npm run soak [-- NAME…]`: runs the soaks, prints their figures and keeps them under bench/results/. Ends with status 1 when a
// budget is missed. SOAK_KILLS, SOAK_SECONDS, SOAK_RELEASES, SOAK_COPIES, SOAK_SWAPS, SOAK_HOSTILE, SOAK_SLOW_SECONDS and SOAK_SIGTERMS ask
// for less, for trying the scripts out; SOAK_SEED repeats what chance decided.
import { randomInt } from 'node:crypto'
import { overload } from '../cases/overload.ts'
import { wholeNumber } from '../harness.ts'
import { type Case, runChosen } from '../run-chosen.ts'
import type { Judged } from './budget.ts'
import { hostile } from './hostile.ts'
import { killSwaps } from './kill-swaps.ts'
import { kills } from './kills.ts'
import { releases } from './releases.ts'
import { sigterms } from './sigterms.ts'
import { slowCopy } from './slow-copy.ts'
import { slowHttp } from './slow-http.ts'

const killCount = wholeNumber('SOAK_KILLS', 200)
const loadSeconds = wholeNumber('SOAK_SECONDS', 30)
const releaseCount = wholeNumber('SOAK_RELEASES', 1000)
const copies = wholeNumber('SOAK_COPIES', 4)
const swaps = wholeNumber('SOAK_SWAPS', 100)
const hostileCount = wholeNumber('SOAK_HOSTILE', 100_000)
const slowSeconds = wholeNumber('SOAK_SLOW_SECONDS', 80)
const ends = wholeNumber('SOAK_SIGTERMS', 50)
const seed = wholeNumber('SOAK_SEED', randomInt(1, 2 ** 31))

const soaks: readonly Case<Judged>[] = [
  { name: 'kills', result: 'soak-kills', run: scope => kills(scope, killCount) },
  { name: 'overload', result: 'soak-overload', run: scope => overload(scope, loadSeconds) },
  { name: 'releases', result: 'soak-releases', run: scope => releases(scope, releaseCount) },
  { name: 'slow-copy', result: 'soak-slow-copy', run: scope => slowCopy(scope, copies) },
  { name: 'kill-swaps', result: 'soak-kill-swaps', run: scope => killSwaps(scope, swaps, seed) },
  { name: 'hostile', result: 'soak-hostile', run: scope => hostile(scope, hostileCount, seed) },
  { name: 'slow-http', result: 'soak-slow-http', run: scope => slowHttp(scope, slowSeconds) },
  { name: 'sigterms', result: 'soak-sigterms', run: scope => sigterms(scope, ends, seed) }
]

await runChosen('soak', soaks, figures => {
  for (const { what } of figures.filter(({ met }) => met === false)) {
    process.stdout.write(`  missed: ${what}\n`)
    process.exitCode = 1
  }
})
