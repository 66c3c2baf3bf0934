import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { formatByteSize } from '../../src/base/byte-size.ts'
import { type Leaf, settingLeaves } from '../../src/config/schema.ts'

function shown(leaf: Leaf, value: unknown): string {
  if (leaf.kind === 'bytes') return formatByteSize(value as number)
  return Array.isArray(value) ? value.join(', ') : String(value ?? '')
}

t.test('docs/configuration.md lists every setting as it is, and no other', async t => {
  const text = readFileSync(join(projectFolder, 'docs', 'configuration.md'), 'utf8')
  const rows = text.split('\n').filter(line => line.startsWith('| `'))
  const expected = settingLeaves.map(leaf => {
    const standard = shown(leaf, leaf.standard)
    const bounds = leaf.choices?.join(', ') ?? `${shown(leaf, leaf.min)} to ${shown(leaf, leaf.max)}`
    const cells = [
      `\`${leaf.path.join('.')}\``,
      `\`--${leaf.flag}\``,
      leaf.standard === undefined || standard === '' ? '–' : `\`${standard}\``,
      leaf.choices === undefined && leaf.min === undefined ? '–' : bounds,
      leaf.description
    ]
    return `| ${cells.join(' | ')} |`
  })
  t.strictSame(rows, expected)
})
