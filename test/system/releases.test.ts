import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type KedgeProcess, kedge } from '../helpers/process.ts'
import { AuditLog } from '../helpers/releases/audit-log.ts'
import { good, identityOfFiles } from '../helpers/releases/content.ts'
import { ModelFolder } from '../helpers/releases/model-folder.ts'
import { contentsOf, firstAdds, releaseOf } from '../helpers/releases/plan.ts'
import { staysOf, unexplained } from '../helpers/releases/stays.ts'
import { Storm } from '../helpers/releases/storm.ts'
import { Witness } from '../helpers/releases/witness.ts'

const releases = 100
/** The quickest that the settings allow; files that grow do so in much shorter steps. */
const quick = ['--repository-poll-ms', '100', '--repository-stable-ms', '100']
/** Only a server that hangs needs it. */
const releaseMaxMs = 30_000

interface Place {
  readonly models: string
  readonly state: string
  readonly folder: ModelFolder
  serve(): KedgeProcess
}

/** A repository with one model, `m`, and the server's state. */
function place(t: Test): Place {
  const root = t.testdir({})
  const [models, state] = [join(root, 'models'), join(root, 'state')]
  mkdirSync(join(models, 'm'), { recursive: true })
  const args = ['serve', '--models', models, '--port', '0', '--state-dir', state, ...quick]
  return { models, state, folder: new ModelFolder(models, 'm'), serve: () => kedge(t, args) }
}

t.test(
  '100 releases under load, a tenth of them broken: no request fails, and only what was ready answers',
  async t => {
    const { state, folder, serve } = place(t)
    await folder.copyIn(1, good(firstAdds).files)
    const server = serve()
    const address = await server.ready
    const audit = new AuditLog(state)
    const storm = new Storm({ address, model: 'm', folder, audit, releaseMaxMs }, 1, good(firstAdds).files)
    const witness = new Witness(address, 'm', { clients: 6, pauseMs: 5 })
    for (let number = 0; number < releases; number++) await storm.release(releaseOf(number))
    await witness.stop()
    server.child.kill('SIGTERM')
    t.same(await server.exited, { code: 0, signal: null })
    await audit.read()
    const contents = new Map(contentsOf(releases).map(({ files, adds }) => [identityOfFiles(files), adds]))
    const stays = staysOf(audit.lines, 'm', identity => contents.get(identity))
    t.same(witness.failures, [], 'no request failed')
    t.same(unexplained(witness.answers, stays), [], 'every answer came from a version that was ready')
    t.equal(audit.lines.filter(({ event }) => event === 'failed').length >= releases / 10, true)
    t.ok(witness.answers.length > 10 * releases, `${witness.answers.length} answers`)
    t.same(audit.torn, [])
  }
)
