// The README to the letter: every `curl` of it is sent, and what it says comes back does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { kedge } from '../helpers/process.ts'

const fence = /```sh\ncurl (\S+) -H 'content-type: application\/json' -d '([^']+)'\n```\n+```json\n(.+)\n```/g

t.test("the README's requests get the README's answers", async t => {
  const models = join(projectFolder, 'models')
  const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', t.testdir({})])
  const address = await server.ready
  const examples = [...readFileSync(join(projectFolder, 'README.md'), 'utf8').matchAll(fence)]
  t.equal(examples.length, 3, 'all were found')
  for (const [, url = '', body = '', answer = ''] of examples) {
    const path = url.replace('http://127.0.0.1:8080', '')
    t.not(path, url, 'the README asks the default address')
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${address}${path}`, { method: 'POST', headers, body })
    const wanted = JSON.parse(answer) as Record<string, unknown>
    const got = (await response.json()) as Record<string, unknown>
    // An error has an id of its own each time, and details that the README leaves out.
    const told = Object.fromEntries(Object.entries(got).filter(([key]) => Object.hasOwn(wanted, key)))
    t.strictSame(told, wanted, path)
  }
})
