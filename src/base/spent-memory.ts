// Memory of large arrays, given back at once. It lies outside the collector's heap but counts towards the heap's limit: left to the
// collector, a megabyte or two a request have it go through all that lives every dozen requests, which takes longer than the requests.

/** Smaller arrays are left to the collector. Those that Node cuts from its pool are among them. */
const bytesMin = 16 * 1024

/** What is sent to a closed port goes nowhere, and memory that moves there is free. */
const { port1: nowhere, port2: otherEnd } = new MessageChannel()
otherEnd.close()

/**
 * Frees the memory of an array that is large and has it to itself; others are left as they are. It is empty afterwards: callers see
 * to it that nobody reads it any more, the operating system included.
 */
export function giveBack({ buffer, byteLength }: NodeJS.TypedArray): void {
  if (byteLength < bytesMin || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return
  nowhere.postMessage(undefined, [buffer])
}
