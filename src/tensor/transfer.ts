// Tensors on their way to another thread or process: what can move moves, what others use too is copied first, and never more than
// the tensors themselves. (A view that is sent as it is takes the whole memory behind it along.)
import type { TensorData } from './datatype.ts'
import { isSlab } from './slab.ts'
import type { NamedTensor } from './tensor.ts'

/** Tensors to send, and the buffers that move with them. */
export interface Shipment {
  readonly tensors: readonly NamedTensor[]
  readonly transfer: readonly ArrayBuffer[]
}

/** `tensors` so that nobody else's memory goes with them. Those whose buffer moves are empty here afterwards. */
export function packed(tensors: readonly NamedTensor[]): Shipment {
  const used = new Map<ArrayBufferLike, number>()
  for (const { data } of tensors)
    if (!Array.isArray(data)) used.set(data.buffer, (used.get(data.buffer) ?? 0) + data.byteLength)
  const transfer = new Set<ArrayBuffer>()
  const sent = tensors.map(tensor => {
    const { data } = tensor
    if (Array.isArray(data)) return tensor
    if (data.byteLength === 0) return { ...tensor, data: copyOf(data) }
    const own = isMovable(data.buffer, used.get(data.buffer)!) ? data : copyOf(data)
    transfer.add(own.buffer as ArrayBuffer)
    return own === data ? tensor : { ...tensor, data: own }
  })
  return { tensors: sent, transfer: [...transfer] }
}

/** With memory of its own. Not by its own `slice`, which for Node's buffers copies nothing. */
function copyOf<T extends Exclude<TensorData, string[]>>(data: T): T {
  const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as { slice: () => T }
  return slice.call(data)
}

/**
 * Whether a buffer may leave: it is filled by half at least with what is sent, such as a body with binary data, and is none that
 * many share. What may be Node's pool stays: moving it fails on newer Nodes.
 */
function isMovable(buffer: ArrayBufferLike, bytesUsed: number): boolean {
  const { byteLength } = buffer
  return (
    buffer instanceof ArrayBuffer &&
    bytesUsed * 2 > byteLength &&
    byteLength !== Buffer.poolSize &&
    !isSlab(buffer)
  )
}
