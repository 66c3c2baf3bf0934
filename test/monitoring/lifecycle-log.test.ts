import t from 'tap'
import { type Log, lifecycleLog } from '../../src/monitoring/lifecycle-log.ts'
import { lifecycleEvent } from '../helpers/fakes.ts'

t.test('each event is said at the level it deserves', t => {
  const said: unknown[] = []
  const at = (level: string) => (facts: object, message: string) => void said.push([level, message, facts])
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const event = lifecycleEvent()
  const listen = lifecycleLog(log)
  listen({ ...event, to: 'ready', loadMs: 12.6 })
  listen({ ...event, to: 'ready', reason: 'zeros failed' })
  listen({ ...event, to: 'failed', reason: 'broken' })
  listen({ ...event, to: 'loading' })
  listen({ ...event, to: 'unloaded' })
  t.match(said, [
    ['info', 'version ready', { model: 'm', version: 1, loadMs: 13 }],
    ['warn', 'version ready, with a warning', { reason: 'zeros failed' }],
    ['error', 'version failed (warming)', { reason: 'broken' }],
    ['debug', 'version loading', {}],
    ['info', 'version unloaded', {}]
  ])
  t.end()
})
