// node await-version.mjs URL MODEL VERSION [SECONDS]: waits until a published version serves. Status 1 with the server's own reason
// when it was refused, or is not there in time.
const [url, model, version, seconds = '300'] = process.argv.slice(2)
if (url === undefined || model === undefined || version === undefined) {
  console.error('usage: node await-version.mjs URL MODEL VERSION [SECONDS]')
  process.exit(2)
}

const pauseMs = 1000
const endMs = Date.now() + Number(seconds) * 1000
let last

async function look() {
  const response = await fetch(new URL('/v2/repository/index', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}'
  })
  if (!response.ok) throw new Error(`the index answers ${response.status}`)
  const index = await response.json()
  return index.find(entry => entry.name === model && entry.version === version)
}

for (;;) {
  try {
    const entry = await look()
    if (entry?.state === 'READY') {
      console.log(`${model} ${version} serves`)
      process.exit(0)
    }
    if (entry?.state === 'UNAVAILABLE') {
      console.error(`${model} ${version} was refused: ${entry.reason}`)
      process.exit(1)
    }
    last = entry === undefined ? 'the server does not list it' : `it is ${entry.state}`
  } catch (error) {
    // The server may be starting anew, or the network may have a bad moment.
    last = `${url}: ${error.cause?.code ?? error.message}`
  }
  if (Date.now() + pauseMs > endMs) break
  await new Promise(resolve => setTimeout(resolve, pauseMs))
}
console.error(`${model} ${version} does not serve after ${seconds} s: ${last}`)
process.exit(1)
