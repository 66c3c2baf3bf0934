import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkDigests, digestsOf } from '../../src/repository/digests.ts'
import { scannedVersion } from '../helpers/fakes.ts'
import { repository } from './folders.ts'

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const [graph, weights, notes] = [sha('graph'), sha('weights'), sha('notes')]
const loaded = { 'model.onnx': graph, 'data/w.bin': weights }

/** Version 1 of `m` with a model, its data and this SHA256SUMS. */
function version(t: Test, sums?: string) {
  const root = repository(t, {
    'm/1/model.onnx': 'graph',
    'm/1/data/w.bin': 'weights',
    'm/1/notes.txt': 'notes',
    'm/other': 'x',
    ...(sums !== undefined && { 'm/1/SHA256SUMS': sums })
  })
  return scannedVersion(1, { root })
}

t.test('digests of files, however large, by their paths', async t => {
  const scanned = version(t)
  t.strictSame(await digestsOf(scanned, ['model.onnx', 'data/w.bin']), loaded)
  t.strictSame(await digestsOf(scanned, []), {})
  const big = 'abcdefgh'.repeat(100_000)
  writeFileSync(join(scanned.root, 'm/1/big'), big)
  writeFileSync(join(scanned.root, 'm/1/empty'), '')
  t.strictSame(await digestsOf(scanned, ['big', 'empty']), { big: sha(big), empty: sha('') })
})

t.test('what cannot be hashed throws a reason', async t => {
  const scanned = version(t)
  execFileSync('mkfifo', [join(scanned.root, 'm/1/pipe')])
  symlinkSync('../../../outside/1/model.onnx', join(scanned.root, 'm/1/out'))
  const cases: [file: string, message: string][] = [
    ['none', 'm/1/none is missing'],
    ['data', 'm/1/data is not a file'],
    ['pipe', 'm/1/pipe is not a file'],
    ['out', 'm/1/out leads outside of the repository']
  ]
  for (const [file, message] of cases) await t.rejects(digestsOf(scanned, [file]), { message }, file)
})

t.test('what sha256sum writes is taken, in every form', async t => {
  const plain = `${graph}  model.onnx\n${weights}  data/w.bin\n`
  const forms = [
    plain,
    plain.replaceAll('  ', ' *'),
    plain.replaceAll('\n', '\r\n'),
    plain.trimEnd(),
    plain.toUpperCase().replaceAll('MODEL.ONNX', 'model.onnx').replaceAll('DATA/W.BIN', 'data/w.bin'),
    `# made by CI\n\n   \n${plain}\n`,
    plain.replaceAll('  ', '  ./'),
    `${plain}${notes}  notes.txt\n`,
    `${plain}${plain}`
  ]
  for (const form of forms) t.strictSame(await checkDigests(version(t, form), loaded, 4096), [], form)
  t.strictSame(await checkDigests(version(t), loaded, 4096), [], 'none at all')
})

t.test('every contradiction is told', async t => {
  const good = `${graph}  model.onnx\n${weights}  data/w.bin\n`
  const hint = "expected 64 hexadecimal digits, two spaces and a file's name, got"
  const cases: [sums: string, problems: string[]][] = [
    [
      `${weights}  model.onnx\n${weights}  data/w.bin`,
      [`m/1/model.onnx: expected SHA-256 ${weights}, got ${graph}`]
    ],
    [`${good}${graph}  notes.txt`, [`m/1/notes.txt: expected SHA-256 ${graph}, got ${notes}`]],
    [`${good}${graph}  none`, [`m/1/none: expected SHA-256 ${graph}, got nothing (m/1/none is missing)`]],
    [
      `${graph}  model.onnx`,
      ["m/1/SHA256SUMS: expected every file that is loaded to be listed, got none for 'data/w.bin'"]
    ],
    [
      '',
      [
        "m/1/SHA256SUMS: expected every file that is loaded to be listed, got none for 'model.onnx', 'data/w.bin'"
      ]
    ],
    [`${good}rubbish`, [`m/1/SHA256SUMS, line 3: ${hint} "rubbish"`]],
    [`${good}${graph} model.onnx`, [`m/1/SHA256SUMS, line 3: ${hint} "${graph}…"`]],
    [`${good}${graph.slice(1)}  a`, [`m/1/SHA256SUMS, line 3: ${hint} "${graph.slice(1)} …"`]],
    [
      `${good}${weights}  model.onnx`,
      ['m/1/SHA256SUMS, line 3: expected one digest for each file, got a second one for "model.onnx"']
    ]
  ]
  for (const outside of ['../other', '/etc/passwd', 'data/../../other', '.', '..'])
    cases.push([
      `${good}${graph}  ${outside}`,
      [`m/1/SHA256SUMS, line 3: expected a file in the version's folder, got "${outside}"`]
    ])
  for (const [sums, problems] of cases)
    t.strictSame(await checkDigests(version(t, sums), loaded, 4096), problems)
})

t.test('names that objects have of their own are files like any other', async t => {
  const sums = `${graph}  model.onnx\n${weights}  data/w.bin\n${sha('x')}  constructor\n${sha('y')}  __proto__\n`
  const scanned = version(t, sums)
  t.strictSame((await checkDigests(scanned, loaded, 4096)).length, 2)
  writeFileSync(join(scanned.root, 'm/1/constructor'), 'x')
  writeFileSync(join(scanned.root, 'm/1/__proto__'), 'y')
  t.strictSame(await checkDigests(scanned, loaded, 4096), [])
})

t.test('the file itself has a size, and the list of problems an end', async t => {
  const long = `${graph}  model.onnx\n${weights}  data/w.bin\n`.padEnd(200, '\n')
  t.strictSame(await checkDigests(version(t, long), loaded, 200), [])
  t.strictSame(await checkDigests(version(t, long), loaded, 199), [
    'm/1/SHA256SUMS has 200 bytes, at most 199 are allowed'
  ])
  const problems = await checkDigests(version(t, 'x\n'.repeat(100)), loaded, 4096)
  t.equal(problems.length, 17)
  t.equal(problems.at(-1), 'm/1/SHA256SUMS: 85 more problems')
})
