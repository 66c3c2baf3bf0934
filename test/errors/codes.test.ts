import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { type ErrorKind, errorCodes } from '../../src/errors/codes.ts'

const retryableStatuses = [408, 429, 503, 504]
/** Nobody's fault: there was more to do than time or places. */
const loadStatuses = [429, 504]
/** Whoever asks for what there is not has to ask for something else; operators could mend nothing. */
const notImplemented = 501

for (const [code, kind] of Object.entries<ErrorKind>(errorCodes)) {
  t.test(`${code} is consistent`, async t => {
    t.match(code, /^[A-Z]+(_[A-Z]+)*$/)
    t.ok(Number.isInteger(kind.status) && kind.status >= 400 && kind.status <= 599, 'a status of an error')
    const isCallers = kind.status < 500 || kind.status === notImplemented
    const fault = loadStatuses.includes(kind.status) ? 'load' : isCallers ? 'caller' : 'server'
    t.equal(kind.fault, fault, 'the fault follows the status')
    t.equal(kind.retryable, retryableStatuses.includes(kind.status), 'retryable follows the status')
  })
}

t.test('docs/errors.md has a row for every code, with its status and whose turn it is', async t => {
  const text = readFileSync(join(projectFolder, 'docs', 'errors.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (\w+) \| .{10,} \|$/gm)]
  t.strictSame(
    rows.map(([, code, status, fault]) => [code, Number(status), fault]),
    Object.entries<ErrorKind>(errorCodes).map(([code, { status, fault }]) => [code, status, fault])
  )
})
