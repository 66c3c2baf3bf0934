// HTTP by hand, for what no client library would send.
import { connect } from 'node:net'

/** Sends bytes and returns what comes back until the other side closes. */
export function raw(address: string, bytes: string): Promise<string> {
  const { port, hostname } = new URL(address)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}
