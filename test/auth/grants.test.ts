import t from 'tap'
import { type GrantedScope, isGranted, isModelGranted } from '../../src/auth/grants.ts'

t.test('models by name and by pattern', async t => {
  const cases: [pattern: string, model: string, granted: boolean][] = [
    ['iris', 'iris', true],
    ['iris', 'iris2', false],
    ['iris', 'Iris', false],
    ['*', 'anything', true],
    ['fraud-*', 'fraud-eu', true],
    ['fraud-*', 'fraud-', true],
    ['fraud-*', 'a-fraud-eu', false],
    ['*-eu', 'fraud-eu', true],
    ['*-eu', 'fraud-eus', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'abcb', false],
    ['a.c', 'abc', false],
    ['', 'a', false]
  ]
  for (const [pattern, model, granted] of cases)
    t.equal(isModelGranted([pattern], model), granted, `${pattern} for ${model}`)
  t.equal(isModelGranted([], 'a'), false)
  t.equal(isModelGranted(['x', 'a'], 'a'), true)
  t.equal(isModelGranted([`${'*a'.repeat(60)}*b`], 'a'.repeat(128)), false, 'many stars take no time')
})

t.test('a scope does not bring another one along', async t => {
  const all: GrantedScope[] = ['predict', 'read', 'admin']
  for (const own of all)
    for (const scope of all) {
      const grants = { scopes: new Set([own]), models: ['*'] }
      t.equal(isGranted(grants, { scope, model: 'm', every: false }), own === scope, `${own} for ${scope}`)
    }
})

t.test('what tells of every model is for those who may see every model', async t => {
  const demand = { scope: 'read' as const, model: undefined, every: true }
  const of = (...models: string[]) => isGranted({ scopes: new Set(['read'] as const), models }, demand)
  t.strictSame([of('*'), of('a*'), of('a', '*'), of()], [true, false, true, false])
})
