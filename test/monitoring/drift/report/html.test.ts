import t from 'tap'
import { html, Markup, nameMarkup } from '../../../../src/monitoring/drift/report/html.ts'

t.test('whatever is put into a template is escaped, unless it is markup', async t => {
  const cases: [Markup, string][] = [
    [html`<p>${'<b>&"\'</b>'}</p>`, '<p>&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;</p>'],
    [html`<p>${html`<b>${'<'}</b>`}</p>`, '<p><b>&lt;</b></p>'],
    [html`${[html`<i>1</i>`, html`<i>2</i>`]}`, '<i>1</i><i>2</i>'],
    [html`a${undefined}b${0}c${-1.5}`, 'ab0c-1.5'],
    [html`${new Markup('<hr>')}`, '<hr>'],
    [html`${'a\tb\nc\u0000\u001b\u0085\ud800d\r'}`, 'a\tb\nc\ufffd\ufffd\ufffd\ufffdd\ufffd'],
    [nameMarkup('\u202e<'), '<bdi>\u202e&lt;</bdi>'],
    [nameMarkup(' '), '<i>(empty)</i>']
  ]
  for (const [markup, text] of cases) t.equal(markup.text, text)
})

t.test('what only looks like markup is none', async t => {
  const fake = [{ text: '<b>' }] as unknown as Markup
  t.throws(() => html`${fake}`)
})

t.test('a number that is none is an error of ours', async t => {
  for (const number of [Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => html`<rect height="${number}"/>`, /invariant broken: a page shows (NaN|Infinity)/)
})
