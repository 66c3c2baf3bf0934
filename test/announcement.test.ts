import t from 'tap'
import { type Announced, announce } from '../src/announcement.ts'
import { loadSettings } from '../src/config/load.ts'

const settings = loadSettings({ flags: { models: ['/srv/models'] }, env: {} })
const model = { name: 'a', versions: [], problems: ['model.yaml: no such key: inputz'] } as never
const quiet: Announced = {
  settings,
  stateProblem: undefined,
  scan: { models: [{ ...(model as object), problems: [] } as never], warnings: [], pending: [] },
  isOpen: false
}

function linesOf(announced: Announced): string[] {
  const lines: string[] = []
  const line =
    (level: string) =>
    (facts: { readonly model?: string } | string, message?: string): void => {
      const [about, text] = typeof facts === 'string' ? ['', facts] : [facts.model ?? '', message]
      lines.push(`${level} ${about}${text}`)
    }
  announce(announced, { info: line('info'), warn: line('warn') })
  return lines.filter(text => !text.startsWith('info granted '))
}

t.test('is of few words where nothing is to be warned of', async t => {
  t.strictSame(linesOf(quiet), [])
})

t.test('warns of what is not as operators may think', async t => {
  const scan = { models: [model], warnings: ['/srv/models/x is ignored'], pending: [] } as never
  t.strictSame(linesOf({ ...quiet, scan, isOpen: true, stateProblem: 'read-only' }), [
    'warn state is kept in memory only: read-only',
    'warn /srv/models/x is ignored',
    'warn amodel.yaml: no such key: inputz',
    'warn OPEN ACCESS: whoever reaches 127.0.0.1 may predict and read; administration is open to this machine only'
  ])
  t.strictSame(linesOf({ ...quiet, scan: { models: [], warnings: [], pending: [] } }), [
    'warn no models in /srv/models'
  ])
})

t.test('where everything is closed, nothing is open', async t => {
  t.strictSame(linesOf({ ...quiet, isOpen: true, settings: { ...settings, requireAuth: true } }), [])
})
