// What the tests read of Kubernetes' objects, by kind.

type Labels = Readonly<Record<string, string>>

interface Mount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
}

interface Probe {
  readonly httpGet: { readonly path: string }
  readonly periodSeconds: number
  readonly failureThreshold: number
}

interface SecurityContext {
  readonly privileged?: boolean
  readonly capabilities?: { readonly add?: readonly string[] }
}

export interface Container {
  readonly name: string
  readonly args?: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly readinessProbe: Probe
  readonly livenessProbe: Probe
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } }
  readonly resources: Readonly<Record<'requests' | 'limits', { readonly memory?: string }>>
  readonly securityContext: SecurityContext
  readonly volumeMounts: readonly Mount[]
}

export interface Pod {
  readonly terminationGracePeriodSeconds: number
  readonly automountServiceAccountToken: boolean
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext: SecurityContext
  readonly containers: readonly [Container, ...Container[]]
  readonly initContainers?: readonly [Container, ...Container[]]
  readonly volumes: readonly { readonly name: string }[]
}

interface Trigger {
  readonly type: string
  readonly metadata: { readonly query: string }
}

interface Scaled {
  readonly scaleTargetRef: object
}

/** The `spec` of each kind. */
interface Specs {
  readonly ConfigMap: undefined
  readonly PrometheusRule: object
  readonly Deployment: {
    readonly replicas?: number
    readonly progressDeadlineSeconds: number
    readonly strategy: { readonly type: string; readonly rollingUpdate?: object }
    readonly selector: { readonly matchLabels: Labels }
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations: Labels }
      readonly spec: Pod
    }
  }
  readonly Service: {
    readonly selector: Labels
    readonly ports: readonly {
      readonly name: string
      readonly targetPort: string
      readonly appProtocol: string
    }[]
  }
  readonly PodDisruptionBudget: { readonly selector: { readonly matchLabels: Labels } }
  readonly NetworkPolicy: {
    readonly podSelector: { readonly matchLabels: Labels }
    readonly ingress: readonly {
      readonly ports: readonly { readonly port: string }[]
      readonly from: readonly object[]
    }[]
    readonly egress: readonly object[]
  }
  readonly HorizontalPodAutoscaler: Scaled & { readonly metrics: readonly object[] }
  readonly ScaledObject: Scaled & { readonly triggers: readonly [Trigger]; readonly fallback?: object }
  readonly ServiceMonitor: {
    readonly jobLabel: string
    readonly selector: { readonly matchLabels: Labels }
    readonly endpoints: readonly [{ readonly port: string; readonly path: string; readonly scheme: string }]
  }
  readonly ClusterServingRuntime: {
    readonly annotations: Labels
    readonly containers: readonly [Container]
    readonly supportedModelFormats: readonly object[]
    readonly protocolVersions: readonly string[]
  }
  readonly InferenceService: {
    readonly predictor: {
      readonly model: {
        readonly runtime: string
        readonly modelFormat: { readonly name: string; readonly version: string }
        readonly protocolVersion: string
      }
    }
  }
}

export type Kind = keyof Specs

type ObjectOf<K extends Kind> = K extends Kind
  ? {
      readonly kind: K
      readonly metadata: { readonly name: string; readonly labels: Labels }
      readonly spec: Specs[K]
      readonly data: Labels
    }
  : never

/** An object of one kind, or of any. */
export type KubernetesObject<K extends Kind = Kind> = ObjectOf<K>
