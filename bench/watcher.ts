// Watches a repository and does nothing else; tells its parent the CPU time of each round. Arguments: folder, pollMs, stableMs, rounds,
// polls a round.
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../src/base/clock.ts'
import { Scanner } from '../src/repository/scanner.ts'
import { RepositorySource } from '../src/repository/source.ts'
import { folderWatch } from '../src/repository/watch.ts'

const [, , root = '', ...numbers] = process.argv
const [pollMs = 0, stableMs = 0, rounds = 0, polls = 0] = numbers.map(Number)
const bounds = { modelsMax: 10_000, versionsPerModelMax: 1000, manifestBytesMax: 2 ** 20 }
const scanner = new Scanner({ repositories: [root], ...bounds })
const source = new RepositorySource({
  scan: () => scanner.scan(),
  pollMs,
  stableMs,
  clock: systemClock,
  onScan: () => {},
  onProblem: message => process.stderr.write(`${message}\n`),
  watch: folderWatch([root])
})
// The source's own timers keep no process alive.
setInterval(() => {}, 2 ** 30)
await source.first()
source.start()
const settled = await source.look('bench')
if (settled.models.length === 0 || settled.pending.length > 0) throw new Error('the models did not settle')
// Two polls more, so that nothing is young any longer and the code is warm.
await wait(2 * pollMs)
for (let round = 0; round < rounds; round++) {
  const before = process.cpuUsage()
  const startedMs = performance.now()
  await wait(polls * pollMs)
  const { user, system } = process.cpuUsage(before)
  process.send?.({ cpuMs: (user + system) / 1000, wallMs: performance.now() - startedMs })
}
process.exit(0)
