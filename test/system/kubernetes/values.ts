// Values of the chart, each set for a way of running Kedge that guides tell of.

const sync = {
  source: 'sync',
  sync: {
    image: 'rclone/rclone:1.69',
    args: ['sync', 'models:bucket/models', '/models'],
    env: [{ name: 'RCLONE_CONFIG_MODELS_TYPE', value: 's3' }],
    envFrom: [{ secretRef: { name: 'object-storage' } }]
  }
}
const dns = { ports: [{ port: 53, protocol: 'UDP' }] }
const keys = {
  config: { auth: { keysFile: '/etc/kedge-keys/keys.yaml' }, requireAuth: true },
  extraVolumes: [{ name: 'keys', secret: { secretName: 'kedge-keys' } }],
  extraVolumeMounts: [{ name: 'keys', mountPath: '/etc/kedge-keys', readOnly: true }]
}
const tls = {
  config: { tls: { certFile: '/etc/kedge-tls/tls.crt', keyFile: '/etc/kedge-tls/tls.key' } },
  extraVolumes: [{ name: 'tls', secret: { secretName: 'kedge-tls' } }],
  extraVolumeMounts: [{ name: 'tls', mountPath: '/etc/kedge-tls', readOnly: true }],
  serviceMonitor: { enabled: true, endpoint: { tlsConfig: { insecureSkipVerify: true } } }
}
const monitoring = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }]

/** Every set that has to render, by what it is for. */
export const valueSets = {
  defaults: {},
  'a folder of a claim': { models: { pvc: { claimName: 'shared', subPath: 'kedge/models' } } },
  'an image volume': {
    models: { source: 'image', image: { reference: 'registry.example/models:7', subPath: 'models' } }
  },
  'object storage': { models: sync },
  'any volume': { models: { source: 'volume', volume: { nfs: { server: 'nas', path: '/models' } } } },
  'an image by its digest': {
    image: {
      repository: 'registry.example/kedge',
      digest: `sha256:${'0a'.repeat(32)}`,
      pullSecrets: [{ name: 'registry' }]
    }
  },
  settings: {
    config: { log: { level: 'warn' }, limits: { jsonBytesMax: '32MiB' }, readiness: { require: ['iris'] } }
  },
  keys,
  tls,
  'a port for administration': {
    config: { admin: { port: 9090 } },
    serviceMonitor: { enabled: true },
    networkPolicy: { enabled: true, metricsFrom: monitoring }
  },
  'the sleep action': { shutdown: { delayBy: 'sleep', delaySeconds: 15, drainSeconds: 60 } },
  'no delay': { shutdown: { delaySeconds: 0, drainSeconds: 5 } },
  'a state that stays': { replicas: 1, state: { existingClaim: 'kedge-state' } },
  'users that the platform chooses': {
    podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null }
  },
  'network policy': { networkPolicy: { enabled: true } },
  'network policy and object storage': {
    models: sync,
    networkPolicy: { enabled: true, from: [{ podSelector: { matchLabels: { app: 'shop' } } }], egress: [dns] }
  },
  'the Prometheus operator': {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '30s' },
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } }
  },
  'autoscaling by the CPU': { autoscaling: { mode: 'hpa' } },
  'autoscaling by both': {
    autoscaling: {
      mode: 'hpa',
      maxReplicas: 20,
      waitingPredictions: 0.5,
      behavior: { scaleDown: { stabilizationWindowSeconds: 600 } }
    }
  },
  'KEDA by the CPU': { autoscaling: { mode: 'keda' } },
  'KEDA by what waits': {
    autoscaling: {
      mode: 'keda',
      cpuPercent: 0,
      waitingPredictions: 2,
      behavior: { scaleDown: { stabilizationWindowSeconds: 600 } }
    }
  },
  'a budget in percent': { podDisruptionBudget: { maxUnavailable: '25%' } },
  'where pods may be': {
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [{ key: 'models', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'high',
    serviceAccountName: 'models-reader',
    podLabels: { team: 'risk' },
    podAnnotations: { 'example.org/a': 'b' },
    topologySpreadConstraints: [
      { topologyKey: 'zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }
    ]
  },
  'what a load balancer wants': {
    fullnameOverride: 'models',
    service: { type: 'LoadBalancer', port: 80, annotations: { 'example.org/internal': 'true' } },
    env: [{ name: 'KEDGE_LOG_LEVEL', value: 'debug' }],
    envFrom: [{ configMapRef: { name: 'proxies' } }]
  },
  'inside of another chart': { global: { imageRegistry: 'registry.example' } }
} as const satisfies Readonly<Record<string, object>>

/** Values that must not render, each with what Helm has to say of which value. */
export const wrongValues: readonly (readonly [string, object, RegExp])[] = [
  ['a name that is not there', { replica: 3 }, /replica.*not allowed/],
  ['one further in', { image: { name: 'kedge' } }, /image.*\n?.*name.*not allowed/],
  ['a number as text', { replicas: '3' }, /replicas.*(want|expected) integer/],
  ['a text as a number', { image: { tag: 1.2 } }, /image\.?\/?tag.*string/],
  ['a digest that is none', { image: { digest: 'latest' } }, /image.*digest.*pattern/],
  ['no such source', { models: { source: 's3' } }, /models.*source.*one of 'pvc', 'image', 'sync', 'volume'/],
  ['a claim without a name', { models: { pvc: { claimName: '' } } }, /claimName.*minLength/],
  ['an image without a name', { models: { source: 'image' } }, /reference.*minLength/],
  ['a sync without an image', { models: { source: 'sync' } }, /sync.*image.*minLength/],
  ['a volume that is none', { models: { source: 'volume' } }, /models.*volume.*minProperties/],
  ['no such setting', { config: { log: { levels: 'warn' } } }, /config.*log.*levels.*not allowed/],
  ['no such level', { config: { log: { level: 'loud' } } }, /config.*log.*level.*one of 'fatal'/],
  ['a setting out of bounds', { config: { repository: { pollMs: 1 } } }, /pollMs.*minimum/],
  ["a setting of the chart's", { config: { port: 9000 } }, /config.*port.*not allowed/],
  ['a shutdown of its own', { config: { shutdown: { deadlineMs: 1 } } }, /config.*shutdown.*not allowed/],
  ['a delay beyond bounds', { shutdown: { delaySeconds: 601 } }, /delaySeconds.*maximum/],
  ['a drain of nothing', { shutdown: { drainSeconds: 0 } }, /drainSeconds.*minimum/],
  ['no such delay', { shutdown: { delayBy: 'shell' } }, /delayBy.*'kedge', 'sleep'/],
  ['half a probe', { probes: { startup: { periodSeconds: null } } }, /probes.*startup.*periodSeconds/],
  ['a probe of another route', { probes: { liveness: { httpGet: {} } } }, /liveness.*httpGet.*not allowed/],
  ['an environment that is a map', { env: { A: 'b' } }, /env.*array/],
  ['a setting that the chart decides', { env: [{ name: 'KEDGE_PORT', value: '80' }] }, /env.*name.*not/],
  ['a port that is none', { service: { port: 70000 } }, /service.*port.*maximum/],
  ['a budget of nothing', { podDisruptionBudget: { maxUnavailable: 0 } }, /maxUnavailable/],
  ['a budget as text', { podDisruptionBudget: { maxUnavailable: 'one' } }, /maxUnavailable/],
  ['a label that is no text', { podLabels: { a: 1 } }, /podLabels.*a.*string/],
  ['a quantity as text', { autoscaling: { waitingPredictions: '500m' } }, /waitingPredictions.*number/],
  ['an interval without a unit', { serviceMonitor: { interval: '15' } }, /interval.*pattern/],
  ['no such autoscaler', { autoscaling: { mode: 'vpa' } }, /autoscaling.*mode.*'none', 'hpa', 'keda'/],
  [
    'more at least than at most',
    { autoscaling: { mode: 'hpa', minReplicas: 9 } },
    /autoscaling\.minReplicas: there cannot be more/
  ],
  [
    'autoscaling by nothing',
    { autoscaling: { mode: 'keda', cpuPercent: 0 } },
    /autoscaling: one of cpuPercent and waitingPredictions/
  ],
  ['a state of two', { state: { existingClaim: 'kedge-state' } }, /state\.existingClaim: .* one process/],
  [
    'a state of as many as needed',
    { replicas: 1, state: { existingClaim: 'kedge-state' }, autoscaling: { mode: 'hpa' } },
    /state\.existingClaim: .* one process/
  ],
  [
    'object storage that cannot be reached',
    { models: sync, networkPolicy: { enabled: true } },
    /networkPolicy\.egress: models\.source sync/
  ],
  [
    'certificates that probes have not',
    { config: { tls: { ...tls.config.tls, caFile: '/ca.pem' } } },
    /config\.tls\.caFile: the probes/
  ],
  ['one port for two', { config: { admin: { port: 8080 } } }, /config\.admin\.port: 8080 is/],
  [
    "the Service's port",
    { config: { admin: { port: 9090 } }, service: { port: 9090 } },
    /config\.admin\.port: .* service\.port/
  ]
]
