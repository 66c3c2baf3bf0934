// `npm run bench:peers [-- NAME…]`: Kedge and other servers, one after the other, with the same models and the same load.
// A name chooses a server or a model; without names it is all of them. Results are kept after every row.
import '../../src/base/no-telemetry.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Scope } from '../harness.ts'
import { type BenchModel, convnet, image, inputs, tabular } from '../models.ts'
import { kedgeContenders } from './kedge.ts'
import { expectedAnswers, measure, type Row } from './measure.ts'
import type { Subject } from './peer.ts'
import { pythonContenders } from './python.ts'
import { keepPeers, markdown, shortly } from './report.ts'

const contenders = [...kedgeContenders, ...pythonContenders]
const models = [tabular(), convnet(), image()]
const wanted = process.argv.slice(2).map(name => name.toLowerCase())
const known = [...contenders.map(({ peer }) => peer), ...models.map(({ name }) => name)]
const unknown = wanted.filter(name => !known.some(other => other.toLowerCase() === name))
if (unknown.length > 0) {
  process.stderr.write(`no ${unknown.join(', ')}; there are ${[...new Set(known)].join(', ')}\n`)
  process.exit(2)
}

/** Those that were asked for, or all where none was. */
function chosen<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const some = items.filter(item => wanted.includes(nameOf(item).toLowerCase()))
  return some.length > 0 ? some : [...items]
}

function onDisk(scope: Scope, model: BenchModel): Subject {
  const path = join(scope.folder(), 'model.onnx')
  writeFileSync(path, model.model)
  return { ...model, path, data: inputs(model.shape, 7) }
}

const scope = new Scope()
const rows: Row[] = []
try {
  for (const model of chosen(models, ({ name }) => name)) {
    const subject = onDisk(scope, model)
    const expected = await expectedAnswers(subject)
    for (const contender of chosen(contenders, ({ peer }) => peer)) {
      if (!(contender.models?.includes(model.name) ?? true)) continue
      const row = await measure(contender, subject, expected)
      const outcome = `${row.requestsPerSecond?.toFixed(0) ?? '–'} requests/s ${shortly(row.problem ?? '')}`
      process.stdout.write(`${model.name}: ${row.peer}, ${row.how}: ${outcome}\n`)
      rows.push(row)
      keepPeers(rows)
    }
  }
  process.stdout.write(`\n${markdown(rows)}`)
} finally {
  scope.close()
}
