// Baseline 2: the same echo, where the replies of one turn of the event loop are written together.
import fastify, { type FastifyReply } from 'fastify'

const app = fastify()
let waiting: { readonly reply: FastifyReply; readonly body: unknown }[] = []

function flush(): void {
  const replies = waiting
  waiting = []
  for (const { reply, body } of replies) void reply.send(body)
}

app.post('/*', (request, reply) => {
  if (waiting.length === 0) setImmediate(flush)
  waiting.push({ reply, body: request.body })
})
const address = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`listening ${new URL(address).port}\n`)
