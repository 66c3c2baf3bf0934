// The three placements behind one function.
import type { Instance, Placement, SessionOptions } from './backend.ts'
import { startChannelInstance } from './channel-instance.ts'
import { startInlineInstance } from './inline-instance.ts'
import { openOnnxSession } from './onnx-session.ts'
import { processPeer } from './process-peer.ts'
import { threadPeer } from './thread-peer.ts'

/** Starts an instance. Throws the runtime's message when the session cannot be created. */
export function startInstance(placement: Placement, options: SessionOptions): Promise<Instance> {
  switch (placement) {
    case 'inline':
      return startInlineInstance(options, openOnnxSession)
    case 'thread':
      return startChannelInstance(threadPeer(), options)
    case 'process':
      return startChannelInstance(processPeer(), options)
  }
}
