import t from 'tap'
import { styles } from '../../../../src/monitoring/drift/report/styles.ts'

type Colours = Readonly<Record<string, string>>

/** The variables of the first block, and of the one for dark screens. */
const [light, dark] = [...styles.matchAll(/:root\{([^}]*--paper[^}]*--ok[^}]*)\}/g)].map(
  ([, text = '']): Colours =>
    Object.fromEntries(
      [...text.matchAll(/--([\w-]+):(#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!])
    )
)

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

t.test('text has contrast enough on every ground, light and dark', async t => {
  t.equal(Math.round(contrast('#000000', '#ffffff')), 21)
  const written = [
    'ink',
    'soft',
    'critical',
    'warning',
    'significant_small',
    'ok',
    'insufficient_data',
    'learning',
    'no_baseline'
  ]
  for (const colours of [light!, dark!])
    for (const name of written)
      for (const ground of ['paper', 'raised']) {
        const ratio = contrast(colours[name]!, colours[ground]!)
        t.ok(ratio >= 4.5, `${name} on ${ground}: ${ratio.toFixed(2)}`)
      }
})

t.test('what is drawn stands out from its ground, and the window from the reference', async t => {
  for (const colours of [light!, dark!])
    for (const [one, other] of [
      ['accent', 'paper'],
      ['accent', 'pale'],
      ['pale-edge', 'paper']
    ] as const) {
      const ratio = contrast(colours[one]!, colours[other]!)
      t.ok(ratio >= (one === 'pale-edge' ? 2 : 3), `${one} on ${other}: ${ratio.toFixed(2)}`)
    }
})

t.test('the style loads nothing', async t => {
  t.notMatch(styles, /url\(|@import|<|expression/)
})
