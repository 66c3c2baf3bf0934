// What the words on the page mean, for readers who have not met them.
import { html, type Markup } from './html.ts'

const terms = [
  [
    'PSI',
    'Population stability index: how far the shares of the bins have moved. 0 is no change; it decides, together with its p and the number of rows.'
  ],
  ['p', 'How probable such a score would be if nothing had changed.'],
  ['KS', 'Kolmogorov–Smirnov: the largest gap between the two cumulative distributions, 0 to 1.'],
  ['χ²', 'Pearson’s test of whether both samples have the same shares.'],
  ['JS, base 2', 'Jensen–Shannon distance: 0 where all shares are equal, 1 where no bin is shared.'],
  ['W/σ', 'Wasserstein distance: how far values moved on average, in standard deviations of the reference.'],
  ['L∞', 'The largest change of a single bin’s share.'],
  [
    'Effective rows',
    'Rows that come in bursts or repeat each other say less than as many independent ones: this is how many they are worth.'
  ],
  [
    'Small change',
    'Too many rows agree for chance to explain the change, but it is below the threshold of a warning.'
  ],
  ['Too few rows', 'Fewer effective rows than are needed to tell a change from chance.']
] as const

export function glossary(): Markup {
  const entries = terms.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>\n`)
  return html`<details class="glossary"><summary><h2>How to read this page</h2></summary><dl>${entries}</dl></details>`
}
