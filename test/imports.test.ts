// Loads every source file, so that coverage counts those that no test asks for.
import t from 'tap'
import { sourceFiles } from '../scripts/source-files.ts'

/** These run when they are loaded: the process, and what it starts. */
const isProgram = (name: string): boolean =>
  name === 'src/main.ts' || /^src\/backend\/\w+-worker\.ts$/.test(name)

t.test('every module can be loaded by itself', async t => {
  for (const file of sourceFiles('src').filter(name => !isProgram(name))) {
    const url = new URL(`../${file.replace(/\.ts$/, '.js')}`, import.meta.url)
    await t.resolves(import(url.href), file)
  }
})
