// YAML text → a plain value, or what is wrong with it. Whatever the text, the work grows with its length alone: the library's
// own search for duplicate keys, its places of errors and its aliases do not.
import { isScalar, LineCounter, parseDocument, stringify, visit } from 'yaml'
import { describe } from './describe.ts'

/** A broken file breaks everywhere; the first few mistakes are the ones to mend. */
const problemsMax = 16
/** Far more than people write by hand. */
const aliasesMax = 100

/** Never throws. An empty text is an empty value, as if the file were not there. */
export function parseYaml(
  text: string
): { readonly value: unknown } | { readonly problems: readonly string[] } {
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return ` at line ${line}, column ${col}`
  }
  try {
    const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, lineCounter: lines })
    const problems = document.errors
      .slice(0, problemsMax)
      .map(error => `${error.message.split('\n')[0]}${place(error.pos[0])}`)
    if (problems.length > 0) return { problems }
    let aliases = 0
    visit(document, {
      Alias(_, alias, path) {
        if (++aliases > aliasesMax) return visit.BREAK
        // What is made of it would have no end.
        const target = alias.resolve(document)
        if (target !== undefined && path.includes(target))
          problems.push(`alias *${alias.source} refers to what it stands in${place(alias.range?.[0] ?? 0)}`)
        return undefined
      },
      Map(_, map) {
        const keys = new Set<string>()
        for (const { key } of map.items) {
          if (!isScalar(key)) continue
          const name = String(key.value)
          if (keys.has(name) && problems.length < problemsMax)
            problems.push(`key ${describe(name)} is given twice${place(key.range?.[0] ?? 0)}`)
          keys.add(name)
        }
      }
    })
    if (aliases > aliasesMax) return { problems: [`more than ${aliasesMax} aliases`] }
    return problems.length > 0 ? { problems } : { value: document.toJS({ maxAliasCount: aliasesMax }) ?? {} }
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] }
  }
}

/** A plain value as YAML, a line for each long text. */
export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 })
}
