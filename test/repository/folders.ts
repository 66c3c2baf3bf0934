// Repositories made for one test, and what a scan finds in them, in short.
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import type { Clock } from '../../src/base/clock.ts'
import type { Scan, ScanOptions } from '../../src/repository/scan.ts'
import { Scanner } from '../../src/repository/scanner.ts'

type Files = Readonly<Record<string, string>>

/** A repository with these files, beside a folder that is none of its business. A trailing slash makes a folder. */
export function repository(t: Test, files: Files): string {
  const root = join(
    realpathSync(t.testdir({ outside: { '1': { 'model.onnx': 'x' }, 'model.yaml': '' } })),
    'root'
  )
  mkdirSync(root)
  fill(root, files)
  return root
}

function fill(root: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(name.endsWith('/') ? join(root, name) : dirname(join(root, name)), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(join(root, name), text)
  }
}

export function scan(
  repositories: string | readonly string[],
  options: Partial<ScanOptions> = {}
): Promise<Scan> {
  return scanner(repositories, options).scan()
}

export function scanner(
  repositories: string | readonly string[],
  options: Partial<ScanOptions> = {},
  clock?: Clock
): Scanner {
  const bounds = { modelsMax: 100, versionsPerModelMax: 100, manifestBytesMax: 2 ** 20, ...options }
  return new Scanner({ repositories: [repositories].flat(), ...bounds }, clock)
}

/** A scan in short: `name: version version!`, where `!` means that it has a problem. */
export function summary({ models }: Scan): string[] {
  return models.map(({ name, problems, versions }) => {
    const list = versions.map(({ version, problems }) => `${version}${problems.length > 0 ? '!' : ''}`)
    return `${name}${problems.length > 0 ? '!' : ''}: ${list.join(' ')}`
  })
}

/** Whose print differs between two looks at the only version of the first model. */
export function changed(before: Scan, after: Scan): string[] {
  const [a, b] = [before, after].map(scan => scan.models[0]!.versions[0]!.prints)
  return (['model', 'checks', 'reference', 'manifest'] as const).filter(part => a![part] !== b![part])
}

/** Runs `work` as somebody whom file permissions bind; the superuser is above them. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work()
  process.seteuid!(65_534)
  try {
    return await work()
  } finally {
    process.seteuid!(0)
  }
}
