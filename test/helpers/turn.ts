/** One full turn of the event loop: every promise that can settle by itself has settled. */
export function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
