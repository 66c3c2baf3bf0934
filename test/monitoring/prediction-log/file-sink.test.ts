import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LogFiles } from '../../../src/config/log-files.ts'
import { fileSink, predictionsFile } from '../../../src/monitoring/prediction-log/file-sink.ts'

function sinkIn(folder: string, fileBytesMax = 2 ** 20, filesMax = 3) {
  const files = new LogFiles(folder)
  return fileSink({ folder, fileBytesMax, filesMax, append: files.append.bind(files) })
}

t.test('lines are appended in a folder that is made for the server alone', async t => {
  const folder = join(t.testdir({}), 'deep', 'predictions')
  const sink = sinkIn(folder)
  await sink.write(['{"a":1}', '{"b":2}'])
  await sink.write(['{"c":3}'])
  t.equal(readFileSync(join(folder, predictionsFile), 'utf8'), '{"a":1}\n{"b":2}\n{"c":3}\n')
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('a full file moves aside, and the oldest goes', async t => {
  const folder = t.testdir({})
  const sink = sinkIn(folder, 10, 2)
  for (const line of ['one', 'two', 'three', 'four']) await sink.write([`"${line}"`])
  t.equal(readFileSync(join(folder, predictionsFile), 'utf8'), '"four"\n')
  t.equal(readFileSync(join(folder, `${predictionsFile}.1`), 'utf8'), '"three"\n')
  t.notOk(existsSync(join(folder, `${predictionsFile}.2`)))
})

t.test('a folder that went is made again; one that cannot be made is told of', async t => {
  const root = t.testdir({})
  const folder = join(root, 'predictions')
  const sink = sinkIn(folder)
  await sink.write(['1'])
  rmSync(folder, { recursive: true })
  await sink.write(['2'])
  t.equal(readFileSync(join(folder, predictionsFile), 'utf8'), '2\n')
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'in the way')
  await t.rejects(sink.write(['3']), { code: 'EEXIST' })
})
