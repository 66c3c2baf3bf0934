import t from 'tap'
import { configParameters } from '../../../src/http/routes/config-parameters.ts'
import type { VersionFacts } from '../../../src/lifecycle/model-version.ts'
import { fakeVersion, manifestOf, verdict } from '../../helpers/fakes.ts'

/** What is said of a version with a model.yaml, and other facts. */
function parameters(tree: Record<string, unknown>, over: Partial<VersionFacts> = {}): Record<string, string> {
  const { version } = fakeVersion('m', 1, { manifest: manifestOf(tree) })
  return configParameters({ ...version, ...over })
}

t.test('the model card: texts as they are, the rest as JSON', async t => {
  const card = {
    owner: 'growth',
    metrics: { auc: 0.97 },
    reviewed: ['a'],
    rows: 1000,
    public: false,
    until: null
  }
  const facts = Object.entries(parameters({ description: 'Who leaves', card })).filter(([key]) =>
    /card|descr/.test(key)
  )
  t.strictSame(Object.fromEntries(facts), {
    'kedge.description': 'Who leaves',
    'kedge.card.owner': 'growth',
    'kedge.card.metrics': '{"auc":0.97}',
    'kedge.card.reviewed': '["a"]',
    'kedge.card.rows': '1000',
    'kedge.card.public': 'false'
  })
  t.notOk(Object.keys(parameters({})).some(key => key.startsWith('kedge.card')))
})

t.test('digests in the form that sha256sum checks, and nothing where there are none', async t => {
  const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)]
  t.equal(
    parameters({}, { digests: { 'model.onnx': a, 'data/weights.bin': b } })['kedge.digest'],
    `${b}  data/weights.bin\n${a}  model.onnx`
  )
  t.notOk('kedge.digest' in parameters({}, { digests: {} }))
})

t.test('what the gate found', async t => {
  t.equal(parameters({})['kedge.gate'], 'none')
  t.equal(parameters({}, { verdict: verdict() })['kedge.gate'], 'passed: 3 rows passed')
  t.equal(parameters({}, { verdict: verdict({ passed: false, summary: 'no' }) })['kedge.gate'], 'failed: no')
})
