// Kedge as it is shipped: no setting but where the models are.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'
import { binaryAsk, jsonAsk } from '../v2.ts'
import { type Contender, floats } from './peer.ts'

interface V2Answer {
  readonly outputs: readonly { readonly data: number[] }[]
}

/** The numbers behind the JSON of an answer with binary tensors; its only output is all that follows. */
function binaryOutput(body: Buffer): number[] {
  const end = body.lastIndexOf(']}') + 2
  return floats(body.subarray(end))
}

const version = (path: string): string =>
  (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version

const shipped: Pick<Contender, 'peer' | 'start' | 'versions'> = {
  peer: 'Kedge',
  async start(scope, subject) {
    const models = scope.folder({ [`${subject.name}/1/model.onnx`]: subject.model })
    const server = scope.serve(models)
    const address = await server.ready
    return {
      pid: server.child.pid!,
      address,
      isReady: true,
      running: () => server.child.exitCode === null,
      said: server.output,
      async stop() {
        server.child.kill('SIGTERM')
        await server.exited
      }
    }
  },
  versions() {
    const root = dirname(dirname(process.env['KEDGE_EXECUTABLE'] ?? join(projectFolder, 'bin', 'kedge.js')))
    const runtime = join(root, 'node_modules', 'onnxruntime-node', 'package.json')
    return `kedge ${version(join(root, 'package.json'))}, onnxruntime-node ${version(runtime)}, node ${process.version.slice(1)}`
  }
}

export const kedgeContenders: readonly Contender[] = [
  {
    ...shipped,
    how: 'as shipped, V2 JSON',
    ask: ({ name, shape }, data) => jsonAsk(name, shape, data),
    answer: body => (JSON.parse(body.toString()) as V2Answer).outputs[0]!.data
  },
  {
    ...shipped,
    how: 'as shipped, binary tensors',
    models: ['image'],
    ask: ({ name, shape }, data) => binaryAsk(name, shape, data),
    answer: binaryOutput
  }
]
