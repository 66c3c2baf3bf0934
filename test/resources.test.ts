import t from 'tap'
import { loadSettings } from '../src/config/load.ts'
import { granted, resourceLine } from '../src/resources.ts'
import { repository, startApp } from './helpers/app.ts'

const settings = loadSettings({ flags: {}, env: {} })
const gib = 2 ** 30

t.test('says what is granted, of what, and what comes of it', async t => {
  const host = { hostCpus: 16, hostMemoryBytes: 64 * gib }
  const cases: [cpus: number, memoryBytes: number, message: string][] = [
    [
      1,
      2 * gib,
      "granted 1 CPU of the host's 16 and 2 GiB of memory of the host's 64 GiB: a model runs in 1 instance of 1 thread unless it says otherwise, all models take 1.8 GiB at most"
    ],
    [
      16,
      64 * gib,
      'granted 16 CPUs and 64 GiB of memory: a model runs in 1 instance of 16 threads unless it says otherwise, all models take 57.6 GiB at most'
    ]
  ]
  for (const [cpus, memoryBytes, message] of cases) {
    const line = resourceLine({ ...host, cpus, memoryBytes }, settings)
    t.equal(line.message, message)
    t.match(line.facts, { ...host, cpus, memoryBytes, instancesPerModel: 1, threadsPerInstance: cpus })
  }
})

t.test('a limit of the settings is the one that is said', async t => {
  const limited = loadSettings({ flags: { 'lifecycle-memory-bytes-max': '512MiB' }, env: {} })
  const line = resourceLine({ ...granted(), memoryBytes: 4 * gib }, limited)
  t.match(line.message, /all models take 512 MiB at most$/)
  t.match(line.facts, { modelMemoryBytes: 512 * 2 ** 20, instancesMax: 256 })
})

t.test('is in the log before anything is loaded', async t => {
  const { lines } = await startApp(t, repository(t, {}))
  const said = lines.findIndex(({ msg }) => String(msg).startsWith('granted '))
  const settled = lines.findIndex(({ msg }) => msg === 'first scan settled')
  t.ok(said >= 0 && said < settled)
  t.match(lines[said], granted(), 'of this very process')
})
