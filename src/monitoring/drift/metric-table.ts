// The metrics of drift: name, type, help and labels. docs/metrics.md is checked against it. They are rendered by exposition.ts.
import type { MetricFacts } from '../metric-table.ts'

const perFeature = ['model', 'version', 'feature'] as const
const perProfile = ['model', 'version', 'profile', 'feature'] as const

export const driftMetricTable = {
  kedge_feature_bin_total: {
    type: 'counter',
    help: "Rows by bin of the profile's histogram; counts of replicas with one profile add up.",
    labels: [...perProfile, 'bin']
  },
  kedge_feature_observations_total: {
    type: 'counter',
    help: 'Rows by what their value was.',
    labels: [...perFeature, 'kind']
  },
  kedge_input_violations_total: {
    type: 'counter',
    help: 'Requests refused, and values outside of their declared range, by what was wrong.',
    labels: ['model', 'version', 'kind']
  },
  kedge_reference_bin_ratio: {
    type: 'gauge',
    help: 'Share of the reference in each bin, smoothed by half a row, so that it is never 0.',
    labels: [...perProfile, 'bin']
  },
  kedge_reference_rows: { type: 'gauge', help: 'Rows of the reference in bins.', labels: perProfile },
  kedge_reference_observation_ratio: {
    type: 'gauge',
    help: "Share of the reference's rows by what their value was.",
    labels: [...perProfile, 'kind']
  },
  kedge_drift_null_chi2: {
    type: 'gauge',
    help: 'What PSI / (1/n + 1/m) of the exported bins exceeds by chance as seldom as is budgeted.',
    labels: perProfile
  },
  kedge_drift_threshold: {
    type: 'gauge',
    help: 'PSI from which a change counts.',
    labels: [...perProfile, 'level']
  },
  kedge_drift_rows_min: {
    type: 'gauge',
    help: 'Effective rows below which nothing is decided.',
    labels: perProfile
  },
  kedge_drift_score: {
    type: 'gauge',
    help: 'Distance from the reference in the window that decides, of this replica alone.',
    labels: [...perFeature, 'method']
  },
  kedge_drift_state: {
    type: 'gauge',
    help: '1 for the state that the monitor is in, by this replica alone. Without a baseline the feature is empty.',
    labels: [...perFeature, 'state']
  },
  kedge_drift_design_effect: {
    type: 'gauge',
    help: 'How many correlated rows are worth one, in the window that decides, of this replica alone.',
    labels: perFeature
  },
  kedge_drift_window_rows: {
    type: 'gauge',
    help: 'Rows in the window that decides, of this replica alone.',
    labels: perFeature
  },
  kedge_drift_sampling_ratio: {
    type: 'gauge',
    help: 'Rows counted ÷ rows seen: below 1 where counting all would take longer than drift.requestBudgetUs.',
    labels: ['model', 'version']
  },
  kedge_drift_features_dropped: {
    type: 'gauge',
    help: 'Monitors that have no series here, since there are more than drift.featuresExportedMax.',
    labels: ['model', 'version']
  },
  kedge_drift_state_changes_total: {
    type: 'counter',
    help: 'State changes of monitors, by the new state.',
    labels: ['model', 'version', 'to']
  },
  kedge_profile_info: {
    type: 'gauge',
    help: 'Always 1; the labels tell which profile is the baseline.',
    labels: ['model', 'version', 'profile', 'source', 'created']
  }
} as const satisfies Record<string, MetricFacts>

export type DriftMetricName = keyof typeof driftMetricTable
