import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import t from 'tap'
import { repository } from './helpers/app.ts'
import { check, complaints } from './helpers/check.ts'
import { subtractsMean } from './helpers/mixing-models.ts'
import { identity, plus, refusesZeros, unknownOperator } from './helpers/models.ts'
import { ended, started } from './helpers/started.ts'
import { asNobody } from './repository/folders.ts'

const three = { 'm/1/model.onnx': plus(1), 'm/2/model.onnx': plus(2), 'm/3/model.onnx': plus(3) }

t.test('a version that would serve', async t => {
  const seen: string[] = []
  const folder = repository(t, { 'm/1/model.onnx': plus(1), 'mixes/4/model.onnx': subtractsMean() })
  const report = await check(folder, { onVersion: (model, version) => seen.push(`${model} ${version}`) })
  t.strictSame(seen, ['m 1', 'mixes 4'], 'whoever watches is told')
  t.match(report, { passed: true, problems: [], warnings: [] })
  const [plain, mixing] = report.models
  t.match(plain, { name: 'm', problems: [], leftOut: [], versions: [{ version: 1, passed: true }] })
  t.match(plain?.versions[0], { failedAt: undefined, reason: undefined, unbatched: undefined })
  t.match(plain?.versions[0]?.placement, /^(inline|thread)$/)
  t.ok(plain!.versions[0]!.durationMs > 0)
  t.match(mixing?.versions[0], { passed: true, unbatched: /row/ })
})

t.test('a version that would not: the step, the reason, and the other versions all the same', async t => {
  const folder = repository(t, {
    'a/1/model.onnx': unknownOperator(),
    'b/1/model.onnx': identity(),
    'b/1/model.yaml': 'outputs: { z: { role: score } }',
    'c/1/model.onnx': plus(1)
  })
  const report = await check(folder)
  t.equal(report.passed, false)
  t.match(complaints(report), [
    /^a 1: probing: the runtime cannot load the model: .*NoSuchOperator\S.*[^\s]$/,
    /^b 1: validating: .*the graph has no output 'z' \(it has y\)$/
  ])
  t.match(report.models[2]?.versions, [{ passed: true }])
})

t.test('a warning is no failure', async t => {
  const report = await check(repository(t, { 'm/1/model.onnx': refusesZeros(), 'm/v2/model.onnx': plus(2) }))
  t.equal(report.passed, true)
  t.match(report.models[0]?.versions[0], { passed: true, warning: /zeros.*failed/ })
  t.match(report.warnings, [/^folder "m\/v2" is ignored/])
})

t.test('the versions that policy and labels ask for, or every one', async t => {
  const cases: [manifest: string, everyVersion: boolean, checked: number[], leftOut: number[]][] = [
    ['', false, [3], [2, 1]],
    ['', true, [3, 2, 1], []],
    ['versions: { policy: latest, count: 2 }', false, [3, 2], [1]],
    ['versions: { policy: all }', false, [3, 2, 1], []],
    ['labels: { stable: 1 }', false, [3, 1], [2]],
    ['versions: { policy: specific, versions: [2] }', false, [2], [3, 1]]
  ]
  for (const [manifest, everyVersion, checked, leftOut] of cases) {
    const folder = repository(t, { ...three, 'm/model.yaml': manifest })
    const { passed, models } = await check(folder, { everyVersion })
    t.equal(passed, true, manifest)
    t.strictSame(
      models[0]?.versions.map(({ version }) => version),
      checked,
      manifest
    )
    t.strictSame(models[0]?.leftOut, leftOut, manifest)
  }
})

t.test('versions that model.yaml asks for and nobody put there', async t => {
  const cases: [manifest: string, complaints: RegExp[]][] = [
    [
      'labels: { stable: 9 }',
      [
        /^m: model.yaml asks for version 9 \(labels\.stable\): expected 9\/model\.onnx, there is '3', '2', '1'$/
      ]
    ],
    [
      'versions: { policy: specific, versions: [1, 7, 8] }\nlabels: { next: 8, stable: 8 }',
      [/asks for version 7 \(versions\):/, /asks for version 8 \(versions, labels\.next, labels\.stable\):/]
    ]
  ]
  for (const [manifest, expected] of cases) {
    const report = await check(repository(t, { ...three, 'm/model.yaml': manifest }))
    t.equal(report.passed, false, manifest)
    t.match(complaints(report), expected)
    t.equal(complaints(report).length, expected.length)
    t.equal(
      report.models[0]?.versions.every(({ passed }) => passed),
      true,
      'what is there passes'
    )
  }
  const many = Array.from({ length: 40 }, (_, index) => index + 100)
  const report = await check(
    repository(t, { ...three, 'm/model.yaml': `versions: { policy: specific, versions: [${many}] }` })
  )
  t.equal(complaints(report).length, 17)
  t.equal(complaints(report).at(-1), 'm: 24 more versions are asked for and missing')
})

t.test('a model.yaml that cannot be used is one problem, not one a version', async t => {
  const report = await check(repository(t, { ...three, 'm/model.yaml': 'lables: {}' }))
  t.equal(report.passed, false)
  t.match(complaints(report), [/^m: m\/model\.yaml: lables: no such key; did you mean 'labels'\?$/])
  t.strictSame(report.models[0]?.leftOut, [3, 2, 1])
})

t.test('some models only', async t => {
  const folder = repository(t, {
    ...three,
    'iris/1/model.onnx': unknownOperator(),
    'z/1/model.onnx': plus(1)
  })
  const report = await check(folder, { only: ['z', 'm'] })
  t.equal(report.passed, true)
  t.strictSame(
    report.models.map(({ name }) => name),
    ['m', 'z']
  )
  await t.rejects(check(folder, { only: ['m', 'iirs'] }), {
    name: 'UnknownModelError',
    message: "no model \"iirs\": there are 'iris', 'm', 'z'; did you mean 'iris'?"
  })
  await t.rejects(check(t.testdir({}), { only: ['m'] }), { message: 'no model "m": the repository has none' })
})

t.test('a folder without models fails: it is likely the wrong one', async t => {
  for (const files of [{}, { 'README.md': 'x' }, { '.hidden/1/model.onnx': 'x' }]) {
    const report = await check(repository(t, files))
    t.equal(report.passed, false)
    t.match(complaints(report), [/^no models found: expected <model>\/<version>\/model\.onnx in \//])
  }
})

t.test('a folder that is a single model, under the name that is given', async t => {
  const folder = repository(t, { '1/model.onnx': plus(1) })
  const report = await check(folder, {}, { 'model-name': 'churn' })
  t.match(report, { passed: true, models: [{ name: 'churn', versions: [{ version: 1 }] }] })
})

t.test('a folder that cannot be read', async t => {
  await t.rejects(check('/nowhere'), {
    name: 'RepositoryError',
    message: 'repository /nowhere cannot be read (ENOENT)'
  })
  const folder = repository(t, {})
  chmodSync(folder, 0)
  await asNobody(() => t.rejects(check(folder), { message: /cannot be read \(EACCES\)$/ }))
  chmodSync(folder, 0o700)
})

t.test('the limits of the settings hold', async t => {
  const folder = repository(t, {
    'm/1/model.onnx': plus(1),
    'm/1/warmup/a.json': `{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}]}${' '.repeat(1024)}`
  })
  t.equal((await check(folder)).passed, true)
  const report = await check(folder, {}, { 'lifecycle-warmup-bytes-max': '1KiB' })
  t.match(complaints(report), [/^m 1: validating: .*a\.json has \d+ bytes, at most 1024 are allowed$/])
  const long = repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': `# ${' '.repeat(1024)}` })
  t.match(complaints(await check(long, {}, { 'repository-manifest-bytes-max': '1KiB' })), [
    /^m: m\/model\.yaml has \d+ bytes, at most 1024 are allowed$/
  ])
})

t.test('a check is thorough, whatever the settings say', async t => {
  const folder = repository(t, {
    'm/1/model.onnx': identity('FP32', ['batch', 1]),
    'm/1/gate/a.yaml': 'data: rows.csv\nlabel: truth\nmetric: MAE\natMost: 0.1',
    'm/1/gate/rows.csv': `x,truth\n${'1,1\n'.repeat(4)}1,3\n`,
    'n/1/model.onnx': unknownOperator()
  })
  const report = await check(folder, {}, { 'lifecycle-gate-rows-max': '4', 'lifecycle-probe': 'never' })
  t.match(complaints(report), [/^m 1: gating: .*MAE: expected at most 0\.1, got 0\.4$/, /^n 1: probing: /])
  const { verdict, digests } = report.models[0]!.versions[0]!
  t.match(verdict?.files, [{ rows: 5, rowsLeftOut: 0, metric: { value: 0.4 } }], 'every row is run')
  t.match(digests, { 'model.onnx': /^[0-9a-f]{64}$/ })
})

t.test('nothing is left behind', async t => {
  const { children, workers } = started(t)
  const folder = repository(t, { 'm/1/model.onnx': plus(1), 'n/1/model.onnx': unknownOperator() })
  await check(folder)
  t.ok(workers.length > 0)
  await ended(workers)
  // A machine that is busy may let the first one wait for so long that it ends.
  t.ok(children.length === 1 || children.length === 2, `${children.length} processes tried both`)
  for (const child of children) {
    // It keeps nobody waiting but us.
    child.ref()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
})
