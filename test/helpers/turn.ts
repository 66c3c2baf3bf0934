/** One full turn of the event loop: every promise that can settle by itself has settled. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** What tells whether a promise has settled by now, one way or the other. */
export function settling(promise: Promise<unknown>): () => boolean {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  return () => settled
}
