// What tells from outside whether a version's files changed: names, sizes, times and places of files, never their content.

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
  /** When the newest of all these files was changed, in milliseconds since the epoch. */
  readonly changedMs: number
}

/** Of a version whose files were not looked at. */
export const unseen: Prints = { model: '', checks: '', reference: '', manifest: '', changedMs: 0 }
