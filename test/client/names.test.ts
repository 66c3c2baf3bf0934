import t from 'tap'
import { typeNames } from '../../src/client/names.ts'

t.test('names of types are readable identifiers', async t => {
  const cases = {
    iris: 'Iris',
    'wine-anomaly': 'WineAnomaly',
    'a.b_c d': 'ABCD',
    '2fast': 'Model2fast',
    日本: 'Model',
    Größe: 'GroE',
    naïve: 'Naive',
    ['__proto__']: 'Proto',
    class: 'Class',
    "'; drop": 'Drop',
    '': 'Model'
  }
  for (const [model, name] of Object.entries(cases)) t.strictSame(typeNames([model]), [name], model)
})

t.test('models that would get one name get numbers, also where a number is taken', async t => {
  t.strictSame(typeNames(['a-b', 'a_b', 'aB', 'ab']), ['AB', 'AB_2', 'AB_3', 'Ab_4'])
  const names = typeNames(['日', '本', 'model', 'x', 'X'])
  t.equal(new Set(names).size, names.length)
})
