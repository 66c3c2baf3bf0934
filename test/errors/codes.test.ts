import t from 'tap'
import { type ErrorKind, errorCodes } from '../../src/errors/codes.ts'

const retryableStatuses = [408, 429, 503]

for (const [code, kind] of Object.entries<ErrorKind>(errorCodes)) {
  t.test(`${code} is consistent`, async t => {
    t.match(code, /^[A-Z]+(_[A-Z]+)*$/)
    t.ok(Number.isInteger(kind.status) && kind.status >= 400 && kind.status <= 599, 'a status of an error')
    const fault = kind.status === 429 ? 'load' : kind.status < 500 ? 'caller' : 'server'
    t.equal(kind.fault, fault, 'the fault follows the status')
    t.equal(kind.retryable, retryableStatuses.includes(kind.status), 'retryable follows the status')
  })
}
