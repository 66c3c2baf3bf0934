// Baseline 1: a Fastify route that parses a JSON body and sends it back. What any Fastify server pays at least.
import fastify from 'fastify'

const app = fastify()
app.post('/*', (request, reply) => void reply.send(request.body))
const address = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`listening ${new URL(address).port}\n`)
