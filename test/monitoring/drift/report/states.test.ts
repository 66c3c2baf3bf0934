import t from 'tap'
import {
  byState,
  meaningOf,
  stateMarkup,
  stateWords
} from '../../../../src/monitoring/drift/report/states.ts'
import { monitorStates } from '../../../../src/monitoring/drift/view.ts'
import { monitorView } from '../../../helpers/drift-monitors.ts'

t.test('every state has a word and a shape of its own, and a meaning', async t => {
  const words = monitorStates.map(state => stateWords[state])
  t.equal(new Set(words.map(({ name }) => name)).size, monitorStates.length)
  t.equal(new Set(words.map(({ mark }) => mark)).size, monitorStates.length)
  for (const state of monitorStates) {
    t.match(meaningOf(state, [monitorView('a', state)]), /^[A-Z0-9].*\.$/)
    t.match(stateMarkup(state).text, `class="state ${state}"`)
  }
})

t.test('the worst comes first, and nobody is left out', async t => {
  const monitors = [...monitorStates, ...monitorStates].map((state, index) => monitorView(`m${index}`, state))
  const groups = byState(monitors)
  t.strictSame(
    groups.map(([state]) => state),
    ['critical', 'warning', 'significant_small', 'insufficient_data', 'learning', 'no_baseline', 'ok']
  )
  t.strictSame(
    groups[0]![1].map(({ name }) => name),
    ['m3', 'm10'],
    'in their order'
  )
  t.equal(groups.flatMap(([, members]) => members).length, monitors.length)
})

t.test('the meaning counts the monitors that are concerned', async t => {
  const some = (...states: ('ok' | 'critical' | 'warning')[]) => states.map(state => monitorView('a', state))
  const cases: ['critical' | 'warning', ReturnType<typeof some>, RegExp][] = [
    ['critical', some('critical', 'ok', 'critical'), /^2 of 3 monitors differ strongly /],
    ['critical', some('critical'), /^1 of 1 monitor differs strongly /],
    ['warning', some('ok', 'warning'), /^1 of 2 monitors differs from /],
    ['warning', [], /^What is monitored differs from /]
  ]
  for (const [state, monitors, text] of cases) t.match(meaningOf(state, monitors), text)
})
