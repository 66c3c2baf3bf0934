// Threads that serve one instance after the other.
import { type Host, PeerPool, type PeerPoolOptions } from './peer-pool.ts'
import { startThread, threadPeer } from './thread-peer.ts'

export class ThreadPool extends PeerPool {
  constructor(options: PeerPoolOptions) {
    super(options, threadHost)
  }
}

function threadHost(): Host {
  const worker = startThread()
  return {
    fit: true,
    peer: park => threadPeer(worker, park),
    hold: holds => (holds ? worker.ref() : worker.unref()),
    onEnd(listener) {
      worker.on('error', listener).on('exit', listener)
      return () => void worker.off('error', listener).off('exit', listener)
    },
    end: () => worker.postMessage({ type: 'close' })
  }
}
