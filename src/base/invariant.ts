// Programmer errors. What callers send is never checked with these: bad input gets a ServingError.

/** Throws when `condition` is false: a statement that must hold whatever a user does. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}

/** Marks a branch that the types rule out. */
export function unreachable(value: never): never {
  throw new Error(`invariant broken: unexpected ${String(value)}`)
}
