// Repositories made for one test, and what a scan finds in them, in short.
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { type Scan, type ScanOptions, scanRepositories } from '../../src/repository/scan.ts'

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
  return scanRepositories({
    repositories: [repositories].flat(),
    modelsMax: 100,
    versionsPerModelMax: 100,
    manifestBytesMax: 2 ** 20,
    ...options
  })
}

/** A scan in short: `name: version version!`, where `!` means that it has a problem. */
export function summary({ models }: Scan): string[] {
  return models.map(({ name, problems, versions }) => {
    const list = versions.map(({ version, problems }) => `${version}${problems.length > 0 ? '!' : ''}`)
    return `${name}${problems.length > 0 ? '!' : ''}: ${list.join(' ')}`
  })
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
