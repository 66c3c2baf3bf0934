// Reads the text that Prometheus scrapes, of this very server: so that what is pushed can never differ from what is scraped.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

export interface Sample {
  /** The family's name; of a histogram with `_bucket`, `_sum` or `_count` after it. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly samples: Sample[]
}

const escapes: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

const unescaped = (text: string): string => text.replaceAll(/\\[n"\\]/g, found => escapes[found] ?? found)

/** Lines of no family, and such as are none, are left out. */
export function parseExposition(text: string): Family[] {
  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (kind !== undefined) {
      const before = families.get(name) ?? { name, help: '', type: 'untyped', samples: [] }
      current = kind === 'HELP' ? { ...before, help: unescaped(rest) } : { ...before, type: rest }
      families.set(name, current)
      continue
    }
    const sample = parseSample(line)
    if (sample !== undefined && current !== undefined) current.samples.push(sample)
  }
  return [...families.values()]
}

function parseSample(line: string): Sample | undefined {
  const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
  if (match === null) return undefined
  const [, name = '', labels = '', value = ''] = match
  const pairs = labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)
  return {
    name,
    labels: Object.fromEntries([...pairs].map(([, key = '', text = '']) => [key, unescaped(text)])),
    value: numberOf(value)
  }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
}
