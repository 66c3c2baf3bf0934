// Time as an argument, so that tests hold it in their hands.

export interface Clock {
  /** Milliseconds since the epoch, for what people read. */
  now(): number
  /** Milliseconds from an arbitrary start that never jump back, for measuring. */
  monotonicMs(): number
  /** Calls `action` once after `delayMs`; the returned function cancels. Keeps the process alive only while `holds` is true. */
  after(delayMs: number, action: () => void, holds?: boolean): () => void
}

/** Some 24.8 days: a longer timeout would go off at once. */
const timeoutMaxMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, action, holds = true) {
    const timer = setTimeout(action, Math.min(delayMs, timeoutMaxMs))
    if (!holds) timer.unref()
    return () => clearTimeout(timer)
  }
}

/** Resolves after `delayMs`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => void clock.after(delayMs, resolve))
}

/** True when `promise` settled before `delayMs` was over, false when time ran out first. Rejections are the caller's to observe. */
export async function settlesWithin(
  clock: Clock,
  delayMs: number,
  promise: Promise<unknown>
): Promise<boolean> {
  let cancel!: () => void
  const timeout = new Promise<boolean>(resolve => {
    cancel = clock.after(delayMs, () => resolve(false))
  })
  const settled = promise.then(
    () => true,
    () => true
  )
  try {
    return await Promise.race([settled, timeout])
  } finally {
    cancel()
  }
}
