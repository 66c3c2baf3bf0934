import t from 'tap'
import { type FilePrint, type Prints, printsOf, samePrints } from '../../src/repository/fingerprint.ts'

const file = (name: string, print = '1'): FilePrint => ({ name, print })
const model = (...files: readonly FilePrint[]): Prints =>
  printsOf({ model: files, checks: [], reference: [], manifest: [], changedMs: 7 })

t.test('one text for each part, however many files', async t => {
  const many = Array.from({ length: 10_000 }, (_, index) => file(`data/part-${index}`))
  const prints = model(...many)
  t.ok(prints.model.length > 0 && prints.model.length <= 256)
  t.match(prints, { checks: '', reference: '', manifest: '', changedMs: 7 })
  t.equal(model(...many).model, prints.model)
  t.not(model(...many.slice(1)).model, prints.model)
  t.not(model(...many.with(5000, file('data/part-5000', '2'))).model, prints.model)
})

t.test('different files have different texts', async t => {
  const lists = [
    [],
    [file('a')],
    [file('a', '2')],
    [file('b')],
    [file('a'), file('b')],
    [file('b'), file('a')],
    [file('a', '1b'), file('b')],
    [file('a1', 'b')],
    [file('a', '1'), file('1b')],
    [file('a', '11'), file('b')]
  ]
  const texts = lists.map(files => model(...files).model)
  t.equal(new Set(texts).size, lists.length)
})

t.test('the time alone makes no difference', async t => {
  const base: Prints = { model: 'a', checks: 'b', reference: 'c', manifest: 'd', changedMs: 1 }
  t.ok(samePrints(base, { ...base, changedMs: 2 }))
  for (const part of ['model', 'checks', 'reference', 'manifest'] as const)
    t.notOk(samePrints(base, { ...base, [part]: 'x' }), part)
})
