// What tells from outside whether a version's files changed: names, sizes, times and places of files, never their content.
import { createHash } from 'node:crypto'

/** One text for each part, equal as long as its files are the same by their stat. */
export interface Prints {
  /** The model's file, its data files and SHA256SUMS: what a load reads. */
  readonly model: string
  /** Warm-up and gate. */
  readonly checks: string
  /** reference.json */
  readonly reference: string
  /** The version's and its model's model.yaml. */
  readonly manifest: string
  /** When the newest of all these files, or of the folders that hold them, was changed, in milliseconds since the epoch. */
  readonly changedMs: number
}

/** One file by its stat, or the reason why it has none. */
export interface FilePrint {
  readonly name: string
  readonly print: string
}

export interface PrintedFiles {
  readonly model: readonly FilePrint[]
  readonly checks: readonly FilePrint[]
  readonly reference: readonly FilePrint[]
  readonly manifest: readonly FilePrint[]
  readonly changedMs: number
}

/** A version with thousands of files still has a short print. */
const printCharactersMax = 256

export function printsOf(files: PrintedFiles): Prints {
  return {
    model: textOf(files.model),
    checks: textOf(files.checks),
    reference: textOf(files.reference),
    manifest: textOf(files.manifest),
    changedMs: files.changedMs
  }
}

/** Names cannot hold a NUL, so that two lists of files never have one text. */
function textOf(files: readonly FilePrint[]): string {
  const text = files.map(({ name, print }) => `${name}\0${print}`).join('\0')
  return text.length <= printCharactersMax ? text : createHash('sha256').update(text).digest('base64url')
}

export function samePrints(a: Prints, b: Prints): boolean {
  return (
    a.model === b.model && a.checks === b.checks && a.reference === b.reference && a.manifest === b.manifest
  )
}
