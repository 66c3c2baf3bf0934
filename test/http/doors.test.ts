// HTTPS, client certificates, and the door for administration, over real sockets.

import { readFileSync } from 'node:fs'
import { request as insecure, type RequestOptions } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { addressOf, repository, startApp } from '../helpers/app.ts'
import { freePort } from '../helpers/free-port.ts'
import { identity } from '../helpers/models.ts'

const file = (name: string): string => join(projectFolder, 'test', 'fixtures', 'tls', name)
const ca = readFileSync(file('ca.pem'))
const tls = { 'tls-cert-file': file('one.pem'), 'tls-key-file': file('one.key') }

/** The status, or the code of what went wrong. */
function status(
  url: string,
  options: RequestOptions & { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } = {}
): Promise<number | string> {
  const make = url.startsWith('https') ? request : insecure
  return new Promise(resolve => {
    make(url, { ca, agent: false, ...options } as RequestOptions, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode!))
    })
      .on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
      .end()
  })
}

t.test('with a certificate the server speaks HTTPS, and nothing else', async t => {
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }), tls)
  const address = addressOf(app).replace('http:', 'https:')
  t.equal(await status(`${address}/v2/models/a`), 200)
  t.type(await status(`${address.replace('https:', 'http:')}/v2/models/a`), 'string')
  t.equal(
    await status(`${address}/v2`, { ca: readFileSync(file('two.pem')) }),
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
  )
})

t.test('with an authority for clients, those that it has not signed are not let in', async t => {
  const app = await startApp(t, repository(t, {}), { ...tls, 'tls-ca-file': file('ca.pem') })
  const address = addressOf(app).replace('http:', 'https:')
  t.type(await status(`${address}/v2`), 'string', 'no certificate')
  const client = { cert: readFileSync(file('client.pem')), key: readFileSync(file('client.key')) }
  t.equal(await status(`${address}/v2`, client), 200)
})

t.test('administration and metrics have a door of their own, and nothing else is behind it', async t => {
  const port = await freePort()
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }), {
    'admin-port': String(port),
    'repository-control-api': true,
    'repository-control': 'explicit'
  })
  const [main, admin] = [addressOf(app), `http://127.0.0.1:${port}`]
  const load = { method: 'POST' }
  t.strictSame(
    await Promise.all([
      status(`${main}/metrics`),
      status(`${admin}/metrics`),
      status(`${main}/v2`),
      status(`${admin}/v2`),
      status(`${main}/v2/health/live`),
      status(`${admin}/v2/health/live`),
      status(`${main}/v2/repository/models/a/load`, load),
      status(`${admin}/v2/repository/models/a/load`, load)
    ]),
    [404, 200, 200, 404, 200, 200, 404, 200]
  )
  await app.close()
  t.equal(await status(`${admin}/metrics`), 'ECONNREFUSED', 'both doors close')
})

t.test('what a proxy on this machine sends on is not from this machine', async t => {
  const app = await startApp(t, repository(t, {}), { 'repository-control-api': true })
  const post = (headers: Record<string, string>) =>
    app.http.inject({
      method: 'POST',
      url: '/v2/repository/models/a/load',
      headers,
      remoteAddress: '127.0.0.1'
    })
  t.not((await post({})).statusCode, 403)
  for (const header of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])
    t.equal((await post({ [header]: '127.0.0.1' })).statusCode, 403, header)
})
