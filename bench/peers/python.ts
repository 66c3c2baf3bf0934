// The Python peers. Each is run as its documentation recommends, with the loop and parser that are fastest, no access log, and
// one worker with all the cores or one worker a core; the table keeps every way and marks the best.
import { join } from 'node:path'
import type { Scope } from '../harness.ts'
import { freePorts, Server } from '../server.ts'
import { jsonAsk } from '../v2.ts'
import {
  type Contender,
  floats,
  jsonHeaders,
  type Listening,
  type Subject,
  sourcePath,
  threadsOf
} from './peer.ts'
import { programs, versions } from './venv.ts'

interface Way {
  readonly scope: Scope
  readonly subject: Subject
  readonly workers: number
  readonly port: number
  readonly bin: string
}

/** A peer's processes, and the environment that tells servers/*.py what to serve. */
function launch(way: Way, command: readonly string[], env: Readonly<Record<string, string>> = {}): Listening {
  const server = new Server(way.scope, command, {
    ORT_DISABLE_TELEMETRY: '1',
    BENTOML_DO_NOT_TRACK: 'True',
    PYTHONPATH: sourcePath('servers'),
    PYTHONDONTWRITEBYTECODE: '1',
    MODEL: way.subject.path,
    SHAPE: way.subject.shape.join(','),
    THREADS: String(threadsOf(way.workers)),
    WORKERS: String(way.workers),
    PORT: String(way.port),
    ...env
  })
  return {
    pid: server.pid,
    address: `http://127.0.0.1:${way.port}`,
    isReady: false,
    running: () => server.running,
    said: () => server.said,
    stop: () => server.stop()
  }
}

interface Kind {
  readonly peer: string
  /** Which requirements file. */
  readonly environment: string
  readonly workers: number
  readonly how: string
  readonly launch: (way: Way) => Listening | Promise<Listening>
  readonly ask: Contender['ask']
  readonly answer: Contender['answer']
  readonly models?: readonly string[]
}

function python(kind: Kind): Contender {
  const { peer, environment, workers, how, ask, answer, models } = kind
  return {
    peer,
    how: `${workers} ${workers === 1 ? 'worker' : 'workers'}, ${how}`,
    ...(models !== undefined && { models }),
    async start(scope, subject) {
      const [port] = (await freePorts(1)) as [number]
      return kind.launch({ scope, subject, workers, port, bin: programs(environment) })
    },
    ask,
    answer,
    versions: () => versions(environment)
  }
}

/** A flat list of numbers, as cheap as JSON gets; the server knows the shape. */
const listAsk =
  (path: string): Contender['ask'] =>
  (_, data) => ({ path, headers: jsonHeaders, body: JSON.stringify({ data }) })

const outputs = (body: Buffer): number[] => (JSON.parse(body.toString()) as { outputs: number[] }).outputs

function fastapi(workers: number, route: string, how: string): Contender {
  return python({
    peer: 'FastAPI',
    environment: 'fastapi',
    workers,
    how,
    launch(way) {
      const uvicorn = [
        '-m',
        'uvicorn',
        'fastapi_server:app',
        '--host',
        '127.0.0.1',
        '--port',
        String(way.port)
      ]
      const fast = ['--loop', 'uvloop', '--http', 'httptools', '--no-access-log', '--log-level', 'warning']
      return launch(way, [join(way.bin, 'python'), ...uvicorn, '--workers', String(workers), ...fast])
    },
    ask: listAsk(route),
    answer: outputs
  })
}

interface LitServeOptions {
  /** Its queue of sockets instead of the one of the standard library. */
  readonly fast?: boolean
  readonly batch?: number
}

function litserve(workers: number, { fast = false, batch = 1 }: LitServeOptions = {}): Contender {
  return python({
    peer: 'LitServe',
    environment: 'litserve',
    workers,
    how: `${fast ? 'fast' : 'default'} queue${batch > 1 ? `, batches of ${batch}` : ''}`,
    launch: way =>
      launch(way, [join(way.bin, 'python'), sourcePath('servers/litserve_server.py')], {
        BATCH: String(batch),
        FAST: fast ? '1' : ''
      }),
    ask: listAsk('/predict'),
    answer: outputs
  })
}

const bentoCommand = (way: Way): string[] => [
  join(way.bin, 'bentoml'),
  ...['serve', 'bentoml_server:Model', '--host', '127.0.0.1', '--port', String(way.port)],
  ...['--working-dir', sourcePath('servers')]
]

function bentoml(workers: number, route: string, how: string): Contender {
  return python({
    peer: 'BentoML',
    environment: 'bentoml',
    workers,
    how,
    launch: way => launch(way, bentoCommand(way), { BENTOML_HOME: way.scope.folder() }),
    ask: listAsk(route),
    answer: body => JSON.parse(body.toString()) as number[]
  })
}

/** Its adaptive batching takes arrays whose first axis is the batch. */
function bentomlBatched(workers: number): Contender {
  return {
    ...bentoml(workers, '/batched', 'adaptive batching'),
    ask: (_, data) => ({ path: '/batched', headers: jsonHeaders, body: JSON.stringify({ data: [data] }) }),
    answer: body => (JSON.parse(body.toString()) as number[][])[0]!
  }
}

/** `parallelWorkers` 0 runs models in the process that answers HTTP. */
function mlserver(parallelWorkers: number): Contender {
  return python({
    peer: 'MLServer',
    environment: 'mlserver',
    workers: Math.max(1, parallelWorkers),
    how: parallelWorkers === 0 ? 'in the HTTP process' : 'apart from the HTTP process',
    async launch(way) {
      const [grpc, metrics] = await freePorts(2)
      const settings = { name: way.subject.name, implementation: 'mlserver_runtime.OnnxRuntime' }
      const folder = way.scope.folder({
        [`${way.subject.name}/model-settings.json`]: JSON.stringify(settings)
      })
      return launch(way, [join(way.bin, 'mlserver'), 'start', folder], {
        MLSERVER_HOST: '127.0.0.1',
        MLSERVER_HTTP_PORT: String(way.port),
        MLSERVER_GRPC_PORT: String(grpc),
        MLSERVER_METRICS_PORT: String(metrics),
        MLSERVER_METRICS_DIR: way.scope.folder(),
        MLSERVER_DEBUG: 'false',
        MLSERVER_PARALLEL_WORKERS: String(parallelWorkers)
      })
    },
    ask: ({ name, shape }, data) => jsonAsk(name, shape, data),
    answer: body => (JSON.parse(body.toString()) as { outputs: { data: number[] }[] }).outputs[0]!.data
  })
}

export const pythonContenders: readonly Contender[] = [
  fastapi(1, '/bare', 'in the loop, unchecked, orjson'),
  fastapi(2, '/bare', 'in the loop, unchecked, orjson'),
  fastapi(2, '/validated', 'in the loop, checked by pydantic'),
  fastapi(2, '/pool', 'thread pool, checked by pydantic'),
  {
    ...fastapi(2, '/bytes', 'in the loop, bytes instead of JSON'),
    models: ['image'],
    ask: (_, data) => ({
      path: '/bytes',
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from(Float32Array.from(data).buffer)
    }),
    answer: floats
  },
  litserve(1),
  litserve(2),
  litserve(2, { fast: true }),
  litserve(2, { batch: 16 }),
  bentoml(1, '/inline', 'in the loop'),
  bentoml(2, '/inline', 'in the loop'),
  bentoml(2, '/pool', 'thread pool'),
  bentomlBatched(2),
  mlserver(0),
  mlserver(1),
  mlserver(2)
]
