// The chart with each set of values: Helm and Kubernetes' schemas take what it makes, Kedge takes its settings, and pods are what a
// cluster that trusts nobody lets in. Helm and kubeconform are built by Go from their modules.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { projectFolder } from '../../scripts/source-files.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/schema.ts'
import type { Container, KubernetesObject, Pod } from './kubernetes/kinds.ts'
import { lintProblems, ofKind, type Rendering, rendered, schemaProblems } from './kubernetes/objects.ts'
import { valueSets } from './kubernetes/values.ts'

const renderings = Object.fromEntries(
  Object.entries(valueSets).map(([name, values]) => [name, rendered(values)])
) as Record<keyof typeof valueSets, Rendering>
const all = Object.entries(renderings)

/** What the image sets: it wins over the file. */
const dockerfile = readFileSync(join(projectFolder, 'Dockerfile'), 'utf8')
const imageEnv = Object.fromEntries(
  [...dockerfile.matchAll(/(KEDGE_\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!])
)

const podOf = ({ one }: Rendering): Pod => one('Deployment').spec.template.spec
const containerOf = (rendering: Rendering): Container => podOf(rendering).containers[0]

/** Settings as Kedge reads them in the container. */
function settingsIn(t: Test, rendering: Rendering): Settings {
  const file = join(t.testdir({}), 'kedge.yaml')
  writeFileSync(file, rendering.one('ConfigMap').data['kedge.yaml']!)
  const own = containerOf(rendering).env
  const mounted = own.find(({ name }) => name === 'KEDGE_CONFIG')
  t.equal(mounted?.value, '/etc/kedge/kedge.yaml')
  const env = Object.fromEntries(own.map(({ name, value }) => [name, value]))
  return loadSettings({ flags: {}, env: { ...imageEnv, ...env, KEDGE_CONFIG: file } })
}

/** A container's field wins over the pod's. */
function isRestricted(t: Test, pod: Pod, container: Container): void {
  const context = { ...pod.securityContext, ...container.securityContext }
  t.match(context, {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    seccompProfile: { type: 'RuntimeDefault' },
    capabilities: { drop: ['ALL'] }
  })
  t.notOk(context.privileged || pod.hostNetwork || pod.hostPID || pod.hostIPC)
  t.strictSame(context.capabilities?.add ?? [], [])
}

/** Each mount has its volume and each volume a mount; models are read-only. */
function isMounted(t: Test, pod: Pod): void {
  const volumes = pod.volumes.map(({ name }) => name)
  t.strictSame(volumes, [...new Set(volumes)])
  const mounts = [...pod.containers, ...(pod.initContainers ?? [])].flatMap(each => each.volumeMounts)
  t.strictSame([...new Set(mounts.map(({ name }) => name))].sort(), [...volumes].sort())
  const models = pod.containers[0].volumeMounts.find(({ mountPath }) => mountPath === '/models')
  t.equal(models?.readOnly, true)
}

function addressesFit(t: Test, rendering: Rendering, settings: Settings): void {
  const container = containerOf(rendering)
  const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]))
  const expected = { http: settings.port, ...(settings.admin.port > 0 ? { admin: settings.admin.port } : {}) }
  t.strictSame(ports, expected)
  t.equal(settings.host, '0.0.0.0')
  if (settings.admin.port > 0) t.equal(settings.admin.host, '0.0.0.0')
  t.strictSame(settings.models, ['/models'])
  t.equal(settings.stateDir, '/var/lib/kedge')
  const scheme = settings.tls.certFile === undefined ? 'HTTP' : 'HTTPS'
  for (const [name, path] of [
    ['startupProbe', '/v2/health/ready'],
    ['readinessProbe', '/v2/health/ready'],
    ['livenessProbe', '/v2/health/live']
  ] as const)
    t.strictSame(container[name].httpGet, { path, port: 'http', scheme }, name)
  const served = rendering.one('Service').spec.ports
  t.strictSame(
    served.map(({ targetPort }) => targetPort),
    Object.keys(ports)
  )
  for (const { appProtocol } of served) t.equal(appProtocol, scheme.toLowerCase())
}

/** Kubernetes kills no pod before Kedge has ended by itself, and tells Services before Kedge refuses. */
function endsInTime(t: Test, rendering: Rendering, { shutdown }: Settings): void {
  const sleepMs = (containerOf(rendering).lifecycle?.preStop.sleep.seconds ?? 0) * 1000
  const graceMs = podOf(rendering).terminationGracePeriodSeconds * 1000
  t.ok(graceMs >= sleepMs + shutdown.deadlineMs + 5000, 'the grace period is longer than the drain')
  t.ok(shutdown.deadlineMs >= shutdown.readinessDelayMs + 5000, 'and there is time to drain after the delay')
  t.notOk(sleepMs > 0 && shutdown.readinessDelayMs > 0, 'one of them waits')
}

for (const [name, rendering] of all)
  t.test(name, async t => {
    t.equal(lintProblems(valueSets[name as keyof typeof valueSets]), '')
    t.strictSame(schemaProblems(rendering.text), [])
    const settings = settingsIn(t, rendering)
    addressesFit(t, rendering, settings)
    endsInTime(t, rendering, settings)
    const pod = podOf(rendering)
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      isRestricted(t, pod, container)
      t.ok(container.resources.requests.memory && container.resources.limits.memory, 'has limits')
    }
    isMounted(t, pod)
    t.equal(pod.automountServiceAccountToken, false)
    selects(t, rendering)
  })

/** Whatever selects pods selects these, and nothing has another name or namespace. */
function selects(t: Test, rendering: Rendering): void {
  const { metadata, spec } = rendering.one('Deployment')
  const labels = spec.template.metadata.labels
  const { objects } = rendering
  const selectors = [
    ...ofKind(objects, 'Service').map(({ spec }) => spec.selector),
    ...ofKind(objects, 'NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
    ...ofKind(objects, 'PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
    spec.selector.matchLabels
  ]
  for (const selector of selectors) {
    t.ok(Object.keys(selector).length >= 2)
    t.match(labels, selector)
  }
  for (const { spec } of [...ofKind(objects, 'HorizontalPodAutoscaler'), ...ofKind(objects, 'ScaledObject')])
    t.match(spec.scaleTargetRef, { kind: 'Deployment', name: metadata.name })
  for (const monitor of ofKind(objects, 'ServiceMonitor')) isScraped(t, rendering, monitor)
}

function isScraped(t: Test, rendering: Rendering, { spec }: KubernetesObject<'ServiceMonitor'>): void {
  const service = rendering.one('Service')
  t.match(service.metadata.labels, spec.selector.matchLabels)
  const [{ port, path, scheme }] = spec.endpoints
  const names = service.spec.ports.map(({ name }) => name)
  t.equal(port, names.includes('admin') ? 'admin' : 'http')
  t.equal(path, '/metrics')
  t.equal(scheme, service.spec.ports[0]?.appProtocol)
  // The alerts on processes go by the job, which this label names.
  t.match(service.metadata.labels[spec.jobLabel]!, /kedge/)
}

t.test('what is asked of the schemas is asked: misspelt and ill-typed fields are told of', async t => {
  const { text } = renderings.defaults
  t.match(schemaProblems(text.replace('readOnlyRootFilesystem', 'readOnlyRoot')), [/readOnlyRoot/])
  t.match(schemaProblems(text.replace('containerPort: 8080', 'containerPort: http')), [/containerPort/])
  t.match(schemaProblems('apiVersion: v1\nkind: Secret\nmetadata: { name: a }'), [/could not find schema/])
  t.match(schemaProblems(''), ['kubeconform found no object'])
})

t.test('models: from a claim, an image, object storage or any volume', async t => {
  const volumeOf = (rendering: Rendering) => podOf(rendering).volumes.find(({ name }) => name === 'models')
  t.match(volumeOf(renderings['a folder of a claim']), { persistentVolumeClaim: { claimName: 'shared' } })
  t.match(volumeOf(renderings['an image volume']), { image: { reference: 'registry.example/models:7' } })
  t.match(volumeOf(renderings['any volume']), { nfs: { server: 'nas', path: '/models' } })
  const [init] = podOf(renderings['object storage']).initContainers!
  t.match(init, { volumeMounts: [{ name: 'models', mountPath: '/models' }, {}] })
  t.equal(init.volumeMounts[0]?.readOnly, undefined, 'the init container fills the folder')
  for (const [name, { objects }] of all) t.equal(ofKind(objects, 'ConfigMap').length, 1, name)
})

t.test('autoscaling: on the CPU and on what waits, and nobody else counts pods', async t => {
  const both = renderings['autoscaling by both']
  t.equal(both.one('Deployment').spec.replicas, undefined)
  const [cpu, waiting] = both.one('HorizontalPodAutoscaler').spec.metrics
  t.match(cpu, { resource: { name: 'cpu', target: { averageUtilization: 70 } } })
  t.match(waiting, {
    pods: { metric: { name: 'kedge_waiting_predictions' }, target: { averageValue: '0.5' } }
  })
  const [trigger, ...others] = renderings['KEDA by what waits'].one('ScaledObject').spec.triggers
  t.strictSame(others, [])
  t.match(trigger, { type: 'prometheus', metadata: { threshold: '2' } })
  t.match(renderings['KEDA by what waits'].one('ScaledObject').spec.fallback, { replicas: 2 })
  // KEDA refuses one that no trigger could use.
  t.equal(renderings['KEDA by the CPU'].one('ScaledObject').spec.fallback, undefined)
  const metrics = readFileSync(join(projectFolder, 'docs', 'metrics.md'), 'utf8')
  const [name] = /kedge_\w+(?=_sum)/.exec(trigger.metadata.query)!
  t.match(metrics, `| \`${name}\` | histogram |`)
})

t.test(
  'a rollout takes no pod away before another is ready, and is not given up while one starts',
  async t => {
    const { spec } = renderings.defaults.one('Deployment')
    t.strictSame(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 })
    const { periodSeconds, failureThreshold } = containerOf(renderings.defaults).startupProbe
    t.ok(spec.progressDeadlineSeconds > periodSeconds * failureThreshold)
    t.equal(renderings['a state that stays'].one('Deployment').spec.strategy.type, 'Recreate')
    const checksum = ({ one }: Rendering) =>
      one('Deployment').spec.template.metadata.annotations['checksum/config']
    t.not(checksum(renderings.defaults), checksum(renderings.settings), 'other settings are other pods')
  }
)

t.test('the administration is reached by those who may scrape, and by nobody else', async t => {
  const { ingress, egress } = renderings['a port for administration'].one('NetworkPolicy').spec
  t.strictSame(
    ingress.map(({ ports }) => ports[0]?.port),
    ['http', 'admin']
  )
  t.strictSame(ingress[0]?.from, [{ podSelector: {} }])
  t.match(ingress[1]?.from, [{ namespaceSelector: {} }])
  t.strictSame(egress, [])
})

t.test('users that the platform chooses are not named', async t => {
  const { securityContext } = podOf(renderings['users that the platform chooses'])
  t.strictSame(Object.keys(securityContext).sort(), ['fsGroupChangePolicy', 'runAsNonRoot', 'seccompProfile'])
})

t.test("the rules are those of docker/prometheus, to Prometheus' own taste", async t => {
  const rules = ofKind(renderings['the Prometheus operator'].objects, 'PrometheusRule')
  t.strictSame(
    rules.map(({ metadata, spec }) => [metadata.name, spec]),
    ['drift', 'service'].map(name => [
      `kedge-${name}`,
      parse(readFileSync(join(projectFolder, `docker/prometheus/rules/kedge-${name}.yml`), 'utf8')) as object
    ])
  )
})
