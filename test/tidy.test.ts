// Rules of the house that no linter knows.
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import ts from 'typescript'
import { projectFolder, sourceFiles } from '../scripts/source-files.ts'

const linesMax = 300
const functionLinesMax = 70

const read = (file: string): string => readFileSync(`${projectFolder}/${file}`, 'utf8')
const all = ['src', 'test', 'bench', 'scripts'].flatMap(sourceFiles)

/** The function of a `t.test()`, which holds cases one after the other. */
function isTestCase(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /\.test$/.test(node.parent.expression.getText())
}

t.test('files and functions stay short', async t => {
  for (const file of all) {
    const text = read(file)
    const lines = text.trimEnd().split('\n').length
    if (lines > linesMax) t.fail(`${file} has ${lines} lines, at most ${linesMax} are allowed`)
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
    const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && !isTestCase(node)) {
        const length = lineOf(node.end) - lineOf(node.getStart()) + 1
        if (length > functionLinesMax)
          t.fail(`${file}:${lineOf(node.getStart()) + 1}: a function of ${length} lines`)
      }
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  t.ok(all.length > 100, 'the files were found')
})

t.test('every source file says what it guarantees, and leaves nothing undone', async t => {
  for (const file of sourceFiles('src')) {
    const text = read(file)
    if (!text.startsWith('// ')) t.fail(`${file} does not begin with a comment that says what it is for`)
    if (/\b(TODO|FIXME|XXX)\b/.test(text)) t.fail(`${file} holds unfinished work`)
    if (/\bconsole\./.test(text)) t.fail(`${file} writes to the console`)
  }
})

t.test('tests mirror the sources', async t => {
  const sources = new Set(sourceFiles('src'))
  const whole = ['test/tidy.test.ts', 'test/imports.test.ts']
  const apart = /^test\/(helpers|e2e|system)\//
  for (const file of sourceFiles('test').filter(name => !apart.test(name) && !whole.includes(name))) {
    const mirrored = file.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '.ts')
    const folder = file.split('/')[1]
    if (!sources.has(mirrored) && ![...sources].some(source => source.startsWith(`src/${folder}/`)))
      t.fail(`${file} has no folder beside it in src/`)
  }
})

t.test('what ships may be shipped, is what was locked, and runs nothing when it is installed', async t => {
  const permissive = /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0)\b( OR [\w.-]+)?\)?$/
  // It would download what Kedge does not use; .npmrc keeps it from running (docs/decisions/0001).
  const withScript = ['node_modules/onnxruntime-node']
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<
      Record<string, { dev?: boolean; license?: string; integrity?: string; hasInstallScript?: boolean }>
    >
  }
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  t.ok(shipped.length > 50)
  for (const [path, { license = '', integrity = '', hasInstallScript = false }] of shipped) {
    if (!permissive.test(license)) t.fail(`${path} has the licence ${license}`)
    if (!integrity.startsWith('sha512-')) t.fail(`${path} has no digest`)
    if (hasInstallScript !== withScript.includes(path)) t.fail(`${path} runs a script when it is installed`)
  }
})

t.test('the lock file names no registry', async t => {
  t.notMatch(read('package-lock.json'), /"resolved"/)
})

t.test('every decision has a number of its own', async t => {
  const numbers = readdirSync(`${projectFolder}/docs/decisions`).map(name => name.slice(0, 4))
  t.same(numbers, [...new Set(numbers)])
  for (const number of numbers) t.match(number, /^\d{4}$/)
})
