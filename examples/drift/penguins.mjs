// The penguins as they were measured, the ways in which they can change, and the requests that ask for their species.
import { readFileSync } from 'node:fs'

const numbers = ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g']
const texts = ['island', 'sex']

/** Rows as they lie in penguins.csv: every value a text, and an empty one where nobody measured. */
export function readPenguins() {
  const [head, ...lines] = readFileSync(new URL('penguins.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const names = head.split(',')
  return lines.map(line => {
    const cells = line.split(',')
    return Object.fromEntries(names.map((name, index) => [name, cells[index]]))
  })
}

const inKilograms = ({ body_mass_g, ...rest }) => ({
  ...rest,
  body_mass_g: body_mass_g === '' ? '' : String(Number(body_mass_g) / 1000)
})

/** What can happen to the penguins that come. */
export const shifts = {
  island: {
    says: 'only penguins of the island Biscoe come',
    apply: penguins => penguins.filter(({ island }) => island === 'Biscoe')
  },
  scale: {
    says: 'a new scale weighs in kilograms, and nobody says so',
    apply: penguins => penguins.map(inKilograms)
  },
  sex: {
    says: 'nobody notes the sex',
    apply: penguins => penguins.map(penguin => ({ ...penguin, sex: '' }))
  }
}

/** A V2 request for one answer a penguin. A missing number is NaN, a missing text an empty one. */
export function requestFor(penguins) {
  const input = (name, datatype, read) => ({
    name,
    datatype,
    shape: [penguins.length, 1],
    data: penguins.map(penguin => read(penguin[name]))
  })
  return {
    inputs: [
      ...numbers.map(name => input(name, 'FP32', text => (text === '' ? 'NaN' : Number(text)))),
      ...texts.map(name => input(name, 'BYTES', text => text))
    ]
  }
}

/** Draws `count` of them, any of them as often as it comes; the same seed draws the same ones. */
export function makeDraw(seed) {
  let state = seed >>> 0
  const below = limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  return (penguins, count) => Array.from({ length: count }, () => penguins[below(penguins.length)])
}
