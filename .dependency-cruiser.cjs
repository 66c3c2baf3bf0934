// The layer table of docs/architecture.md, as rules. One row a folder: what it may import besides base and errors.
const below = {
  base: [],
  errors: [],
  tensor: [],
  config: [],
  auth: [],
  client: [],
  onnx: [],
  tabular: [],
  schema: ['tensor'],
  backend: ['tensor'],
  batching: ['tensor'],
  protocol: ['tensor', 'schema'],
  repository: ['tensor', 'onnx', 'schema'],
  lifecycle: ['tensor', 'schema', 'tabular', 'protocol', 'repository', 'backend', 'batching'],
  routing: ['lifecycle'],
  inference: ['tensor', 'schema', 'routing', 'lifecycle', 'batching'],
  monitoring: ['tensor', 'schema', 'tabular', 'inference', 'lifecycle'],
  http: [
    'auth',
    'tensor',
    'schema',
    'protocol',
    'repository',
    'lifecycle',
    'routing',
    'inference',
    'monitoring'
  ]
}
/** Files beside the folders that put parts together. */
const roots =
  'access|announcement|app|build|certificates|contracts|drift|edge|engine|lifecycle-services|offline|predictions|profiling|repositories|resources|telemetry'
const everywhere = folder =>
  folder === 'base' ? ['base'] : folder === 'errors' ? ['base', 'errors'] : ['base', 'errors']

const layers = Object.entries(below).map(([folder, others]) => ({
  name: `layer-${folder}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(${[folder, ...everywhere(folder), ...others].join('|')})/` }
}))

/** Packages that live behind one door: only the named places may import them. */
const packages = [
  ['fastify', '^(fastify|@fastify/.+)$', '^src/(http/|app\\.ts$)'],
  ['onnxruntime', '^onnxruntime-node', '^src/backend/onnx-session\\.ts$'],
  ['prom-client', '^prom-client$', '^src/monitoring/metrics\\.ts$'],
  ['threads', '^(node:)?(worker_threads|child_process)$', '^src/backend/'],
  ['pino', '^pino$', '^src/(app|lifecycle-services)\\.ts$'],
  ['commander', '^commander$', '^src/cli/'],
  ['undici', '^undici$', '^src/cli/bench/'],
  ['yaml', '^yaml$', '^src/base/yaml\\.ts$'],
  ['opentelemetry', '^@opentelemetry/.+$', '^src/monitoring/otlp/'],
  ['jose', '^jose$', '^src/auth/tokens\\.ts$'],
  ['zod', '^zod', '^src/(auth|config|protocol|repository|http|monitoring/drift)/']
].map(([name, target, home]) => ({
  name: `package-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: {
    path: target.startsWith('^(node:)')
      ? target
      : `node_modules/${target.replace(/^\^/, '').replace(/\$$/, '')}/`
  }
}))

module.exports = {
  forbidden: [
    ...layers,
    ...packages,
    { name: 'no-circular', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'no-unknown-folder',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: `^src/(${Object.keys(below).join('|')}|cli)/|^src/(main|${roots})\\.ts$`
      },
      to: {}
    },
    {
      name: 'only-cli-starts-the-app',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(cli/|(${roots})\\.ts$)` },
      to: { path: `^src/(${roots})\\.ts$` }
    },
    {
      name: 'main-starts-the-cli',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(cli|base|errors)/' }
    },
    {
      name: 'app-knows-no-cli',
      severity: 'error',
      from: { path: `^src/(${roots})\\.ts$` },
      to: { path: '^src/cli/' }
    },
    {
      name: 'cli-goes-through-the-app',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(cli|client|auth|base|errors|config|tensor)/|^src/(app|build|contracts|offline|profiling)\\.ts$'
      }
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'source-imports-no-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] }
  }
}
