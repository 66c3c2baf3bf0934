// What is asked at every scrape rather than counted: states, queues, instances, the repository, the build.
import type { Holds } from '../lifecycle/handle.ts'
import { type State, states } from '../lifecycle/state.ts'
import type { Metrics } from './metrics.ts'

export interface GaugeSources {
  /** Every loaded version that requests may reach. */
  readonly served: () => readonly Holds[]
  readonly versions: () => readonly {
    readonly model: string
    readonly version: number
    readonly state: State
  }[]
  readonly lastScanMs: () => number
  readonly repositoryProblems: () => number
  readonly build: { readonly version: string; readonly runtime: string; readonly node: string }
}

export function registerGauges(metrics: Metrics, sources: GaugeSources): void {
  const served = (value: (holds: Holds) => number) => () =>
    sources.served().map(holds => ({ labels: versionLabels(holds.version), value: value(holds) }))

  metrics.gauge(
    'kedge_queue_rows',
    served(holds => holds.version.queuedRows)
  )
  metrics.gauge(
    'kedge_inflight_requests',
    served(holds => holds.count)
  )
  metrics.gauge('kedge_instances', () =>
    sources.served().map(({ version }) => ({
      labels: { ...versionLabels(version), placement: version.instances.choice.placement },
      value: version.instances.size
    }))
  )
  metrics.gauge('kedge_model_state', () =>
    sources.versions().flatMap(version =>
      states.map(state => ({
        labels: { ...versionLabels(version), state },
        value: Number(version.state === state)
      }))
    )
  )
  metrics.gauge('kedge_repository_last_scan_timestamp_seconds', () => [
    { labels: {}, value: sources.lastScanMs() / 1000 }
  ])
  metrics.gauge('kedge_repository_problems', () => [{ labels: {}, value: sources.repositoryProblems() }])
  metrics.gauge('kedge_build_info', () => [{ labels: { ...sources.build }, value: 1 }])
}

function versionLabels({ model, version }: { readonly model: string; readonly version: number }) {
  return { model, version: String(version) }
}
