// Zeroed memory for small arrays, cut from larger pieces: an array with memory of its own costs more to make than to fill. Nothing is
// used twice; a piece goes once the last of its arrays has gone. Pieces never move to another thread: tensor/transfer.ts copies.

const slabBytes = 64 * 1024
/** Larger arrays get memory of their own. */
const smallBytesMax = 2 * 1024
const alignment = 8

const slabs = new WeakSet<ArrayBufferLike>()
let slab = new ArrayBuffer(0)
let used = 0

export interface Place {
  readonly buffer: ArrayBuffer
  readonly byteOffset: number
}

/** Where so many bytes lie, on a multiple of eight; undefined where they are too many for a slab. */
export function takeSmall(bytes: number): Place | undefined {
  if (bytes > smallBytesMax) return undefined
  if (used + bytes > slab.byteLength) {
    slab = new ArrayBuffer(slabBytes)
    slabs.add(slab)
    used = 0
  }
  const byteOffset = used
  used += Math.ceil(bytes / alignment) * alignment
  return { buffer: slab, byteOffset }
}

/** Whether arrays of others lie in `buffer` too. */
export function isSlab(buffer: ArrayBufferLike): boolean {
  return slabs.has(buffer)
}
