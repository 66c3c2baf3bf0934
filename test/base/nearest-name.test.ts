import t from 'tap'
import { nearestName, suggestion } from '../../src/base/nearest-name.ts'

t.test('the nearest known name is found where one is near', async t => {
  const cases: [string, string[], string | undefined][] = [
    ['age', ['age', 'agee'], 'age'],
    ['Age', ['age'], 'age'],
    ['sepal_lenght', ['sepal_length', 'petal_length'], 'sepal_length'],
    ['sepallength', ['sepal_length'], 'sepal_length'],
    ['incom', ['income', 'outcome'], 'income'],
    ['xyz', ['income'], undefined],
    ['', ['income'], undefined],
    ['', [], undefined],
    ['ab', ['cd'], undefined],
    ['ax', ['ab', 'ac'], 'ab'],
    ['prot', ['host', 'port'], 'port'],
    ['abcxyz', ['abcdef'], undefined],
    ['abcxyf', ['abcdef'], 'abcdef']
  ]
  for (const [name, candidates, nearest] of cases) {
    t.equal(nearestName(name, candidates), nearest, `${name} among ${candidates.join()}`)
  }
})

t.test('very long names are compared by their beginning', async t => {
  const long = 'x'.repeat(100_000)
  t.equal(nearestName(`${long}a`, new Set(['short', `${'x'.repeat(128)}b`])), `${'x'.repeat(128)}b`)
})

t.test('a suggestion is a question, or nothing', async t => {
  t.equal(suggestion('agee', ['age', 'income']), "did you mean 'age'?")
  t.equal(suggestion('weight', ['age', 'income']), '')
})
