// The states in words and shapes, from the worst on: how they are named, marked, ordered, and what they mean for a whole version.
import type { MonitorState, MonitorView } from '../view.ts'
import { html, Markup } from './html.ts'
import { countOf, countText } from './numbers.ts'

interface StateWords {
  readonly name: string
  /** After a count of monitors. */
  readonly many: string
  /** Inside an SVG of 12 × 12. The shapes differ, so that colour is never needed to tell states apart. */
  readonly mark: string
}

/** Every state, the worst first. */
export const stateWords: Readonly<Record<MonitorState, StateWords>> = {
  critical: { name: 'Critical', many: 'critical', mark: '<path d="M6 .8 11.7 11.2H.3z"/>' },
  warning: { name: 'Warning', many: 'with a warning', mark: '<path d="M6 .2 11.8 6 6 11.8.2 6z"/>' },
  significant_small: {
    name: 'Small change',
    many: 'with a small change',
    mark: '<path class="line" d="M6 1.4 10.6 6 6 10.6 1.4 6z"/>'
  },
  insufficient_data: {
    name: 'Too few rows',
    many: 'with too few rows',
    mark: '<circle class="line" cx="6" cy="6" r="4.6" stroke-dasharray="2.4 2.4"/>'
  },
  learning: {
    name: 'Learning',
    many: 'learning',
    mark: '<circle class="line" cx="6" cy="6" r="4.6"/><path d="M6 1.4a4.6 4.6 0 0 1 0 9.2z"/>'
  },
  no_baseline: {
    name: 'No baseline',
    many: 'without a baseline',
    mark: '<path class="line" d="M1.5 6h9"/>'
  },
  ok: { name: 'OK', many: 'OK', mark: '<path class="line" d="M1.3 6.6 4.6 9.9 10.7 2.6"/>' }
}

const worstFirst = Object.keys(stateWords) as MonitorState[]

/** States that somebody should look at; the others are folded where there are many. */
export const isNoteworthy = (state: MonitorState): boolean =>
  state === 'critical' || state === 'warning' || state === 'significant_small'

/** The state as a shape and a word, in its colour. */
export function stateMarkup(state: MonitorState): Markup {
  const { name, mark } = stateWords[state]
  return html`<span class="state ${state}">${shape(mark)} ${name}</span>`
}

const shape = (mark: string): Markup =>
  html`<svg class="mark" viewBox="0 0 12 12" aria-hidden="true">${new Markup(mark)}</svg>`

/** The monitors of each state that occurs, the worst state first; within a state their order stays. */
export function byState(monitors: readonly MonitorView[]): [MonitorState, MonitorView[]][] {
  return worstFirst
    .map((state): [MonitorState, MonitorView[]] => [state, monitors.filter(m => m.state === state)])
    .filter(([, members]) => members.length > 0)
}

/** What a version's state means, in one sentence for a person who knows no statistics. */
export function meaningOf(state: MonitorState, monitors: readonly MonitorView[]): string {
  const count = monitors.filter(monitor => monitor.state === state).length
  const some =
    count === 0 ? 'What is monitored' : `${countText(count)} of ${countOf(monitors.length, 'monitor')}`
  switch (state) {
    case 'critical':
      return `${some} differ${count <= 1 ? 's' : ''} strongly from the baseline: the model meets data that it was not made for.`
    case 'warning':
      return `${some} differ${count <= 1 ? 's' : ''} from the baseline enough to deserve a look.`
    case 'significant_small':
      return 'Live rows differ from the baseline for certain, but so little that it should not matter.'
    case 'insufficient_data':
      return 'Too few rows have come to tell drift from chance.'
    case 'learning':
      return 'The baseline is being learnt from live rows; until it is complete, nothing is compared.'
    case 'no_baseline':
      return 'There is no baseline, so live rows are compared with nothing.'
    case 'ok':
      return 'Live rows look like the baseline.'
  }
}
