// The three placements behind one function.
import type { Instance, Placement, SessionOptions } from './backend.ts'
import { type Peer, startChannelInstance } from './channel-instance.ts'
import { startInlineInstance } from './inline-instance.ts'
import { openOnnxSession } from './onnx-session.ts'
import { processPeer } from './process-peer.ts'
import { threadPeer } from './thread-peer.ts'

/** Starts an instance; `thread` gives one to run it on. Throws the runtime's message when the session cannot be created. */
export function startInstance(
  placement: Placement,
  options: SessionOptions,
  thread: () => Peer = threadPeer
): Promise<Instance> {
  switch (placement) {
    case 'inline':
      return startInlineInstance(options, openOnnxSession)
    case 'thread':
      return startChannelInstance(thread(), options)
    case 'process':
      return startChannelInstance(processPeer(), options)
  }
}
