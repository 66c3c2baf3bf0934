// What is monitored in a version: every quantity, where its values come from, and how they are to be understood. Follows from the
// signature and model.yaml alone, so that a profile can be checked against it.
import type { Feature, FeatureRules } from '../../schema/features.ts'
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import { type Datatype, factsOf } from '../../tensor/datatype.ts'

/** Numbers that one row of a tensor gives. */
export type Statistic = 'mean' | 'deviation' | 'min' | 'max' | 'zeros' | 'norm'
export type ClassScore = 'confidence' | 'entropy' | 'class'

/** Where the values of a monitor come from, one a row. */
export type Reading =
  | { readonly from: 'column'; readonly column: number }
  /** Of one channel of a tensor such as an image. */
  | {
      readonly from: 'channel'
      readonly layout: ChannelLayout
      readonly channel: number
      /** Channels that the tensor has. */
      readonly channels: number
      readonly statistic: Statistic
    }
  | { readonly from: 'projection'; readonly index: number }
  | { readonly from: 'classes'; readonly score: ClassScore }
  | { readonly from: 'pca' }

/** Where the channels of a tensor lie: all values are one, or the axis right after the rows, or the last. */
export type ChannelLayout = 'one' | 'first' | 'last'

/** `numeric` and `categorical` are settled; `open` is left to the reference data. */
export type KindHint = 'numeric' | 'categorical' | 'open'

export interface MonitorPlan {
  readonly name: string
  readonly role: 'input' | 'output' | 'derived'
  /** Name of the tensor. */
  readonly tensor: string
  readonly datatype: Datatype
  readonly reading: Reading
  readonly kind: KindHint
  /** Distinct values up to which an `open` monitor is categorical. */
  readonly distinctMax: number
  /** NaN, or an empty text, means that the value is missing. */
  readonly nullable: boolean
  /** The range that model.yaml declares. */
  readonly min: number | undefined
  readonly max: number | undefined
  /** Names of the values 0, 1, … where these are codes. */
  readonly names: readonly string[] | undefined
}

/** Wider tensors are described by statistics and projections rather than column by column. */
const columnsMax = 256
/** Classes of an output that are watched one by one; of wider ones only confidence, entropy and class. */
const classesMax = 32
export const projectionCount = 8
/** Channels that are told apart; a tensor with more is one. */
const channelsMax = 4
/** Distinct values that make an undeclared number, and a whole number, a category (section 2.5 of the statistics' notes). */
const distinctNumbersMax = 20
const distinctIntegersMax = 50

export const pcaMonitorName = 'derived:pca_residual'

export interface PlanFacts {
  readonly signature: Signature
  readonly features: readonly Feature[]
  readonly manifest: { readonly outputs: Readonly<Record<string, OutputRules>> }
}

interface OutputRules {
  readonly role?: 'label' | 'probabilities' | 'score' | 'value' | 'embedding' | undefined
  readonly classes?: readonly (string | number | boolean)[] | undefined
}

export interface Plan {
  readonly monitors: readonly MonitorPlan[]
  /** Quantities beyond the limit, which are not monitored. */
  readonly leftOut: number
}

/** Inputs first, then outputs, then what is derived from several inputs; at most `monitorsMax` of them. */
export function planOf({ signature, features, manifest }: PlanFacts, monitorsMax: number): Plan {
  const inputs = signature.inputs.flatMap(spec =>
    inputMonitors(
      spec,
      features.filter(({ input }) => input === spec.name)
    )
  )
  const hasLabel = Object.values(manifest.outputs).some(({ role }) => role === 'label')
  const outputs = signature.outputs.flatMap(spec =>
    outputMonitors(
      spec,
      Object.hasOwn(manifest.outputs, spec.name) ? manifest.outputs[spec.name]! : {},
      hasLabel
    )
  )
  const all = namedOnce([...inputs, ...outputs, ...derivedMonitors(inputs)])
  return { monitors: all.slice(0, monitorsMax), leftOut: Math.max(0, all.length - monitorsMax) }
}

/** A feature or a class may be called as something else is: profiles and series tell monitors apart by their names. */
function namedOnce(monitors: readonly MonitorPlan[]): MonitorPlan[] {
  const taken = new Set<string>()
  return monitors.map(monitor => {
    let { name } = monitor
    for (let count = 2; taken.has(name); count++) name = `${monitor.name} (${count})`
    taken.add(name)
    return name === monitor.name ? monitor : { ...monitor, name }
  })
}

function inputMonitors(spec: TensorSpec, features: readonly Feature[]): MonitorPlan[] {
  const [first] = features
  if (first === undefined) return []
  if (first.type === 'tensor') return tensorMonitors(spec, spec.name, 'input', first.rules)
  return features.map(feature =>
    columnMonitor(spec, feature.name, 'input', feature.column, feature.rules, feature)
  )
}

function outputMonitors(spec: TensorSpec, { role, classes }: OutputRules, hasLabel: boolean): MonitorPlan[] {
  const name = `output:${spec.name}`
  const names = classes?.map(String)
  const width = rowWidth(spec)
  if (role === 'probabilities' && width !== undefined && width > 1) {
    const each = Array.from({ length: width <= classesMax ? width : 0 }, (_, column) => ({
      ...columnMonitor(spec, `${name}:${names?.[column] ?? column}`, 'output', column, {}),
      kind: 'numeric' as const
    }))
    const scores: ClassScore[] = hasLabel ? ['confidence', 'entropy'] : ['confidence', 'entropy', 'class']
    const ofAll = scores.map(score => classMonitor(spec, `${name}:${score}`, score, names))
    return [...each, ...ofAll]
  }
  if (role === 'embedding' || width === undefined || width > classesMax)
    return tensorMonitors(spec, name, 'output', {})
  if (width === 1) {
    const monitor = columnMonitor(spec, name, 'output', 0, {})
    if (role === 'label') return [{ ...monitor, kind: 'categorical', names: codeNames(names, spec) }]
    return [role === undefined ? monitor : { ...monitor, kind: 'numeric' }]
  }
  return Array.from({ length: width }, (_, column) =>
    columnMonitor(spec, `${name}[${column}]`, 'output', column, {})
  )
}

/** The names of a label's classes hold where the label is their index; labels such as -1 and 1 name themselves. */
function codeNames(
  names: readonly string[] | undefined,
  { datatype }: TensorSpec
): readonly string[] | undefined {
  if (names === undefined || factsOf(datatype).kind === 'string') return undefined
  return names.some(name => Number.isNaN(Number(name))) ? names : undefined
}

/** Values of one row, or undefined where the graph leaves them open or they lie in several dimensions. */
function rowWidth({ shape }: TensorSpec): number | undefined {
  if (shape === undefined || shape.length === 0 || typeof shape[0] === 'number') return undefined
  if (shape.length === 1) return 1
  return shape.length === 2 && typeof shape[1] === 'number' ? shape[1] : undefined
}

function tensorMonitors(
  spec: TensorSpec,
  name: string,
  role: 'input' | 'output',
  rules: FeatureRules
): MonitorPlan[] {
  // Without rows, or as texts in several dimensions, there is nothing that could be said value by value.
  const { kind } = factsOf(spec.datatype)
  const hasRows = spec.shape === undefined || (spec.shape.length > 0 && typeof spec.shape[0] !== 'number')
  const width = rowWidth(spec)
  if (!hasRows || (kind === 'string' && width === undefined)) return []
  if (width !== undefined && width <= columnsMax)
    return Array.from({ length: width }, (_, column) =>
      columnMonitor(spec, width === 1 ? name : `${name}[${column}]`, role, column, rules)
    )
  const numeric = { tensor: spec.name, role, datatype: spec.datatype, ...plainNumeric }
  const vector = spec.shape?.length === 2
  if (vector) {
    const projections = Array.from({ length: projectionCount }, (_, index) => ({
      ...numeric,
      name: `${name}.projection[${index}]`,
      reading: { from: 'projection' as const, index }
    }))
    const norm = { from: 'channel', layout: 'one', channel: 0, channels: 1, statistic: 'norm' } as const
    return [...projections, { ...numeric, name: `${name}.norm`, reading: norm }]
  }
  const { layout, channels } = channelsOf(spec)
  return Array.from({ length: channels }, (_, channel) =>
    (['mean', 'deviation', 'min', 'max', 'zeros'] as const).map(statistic => {
      const place = channels === 1 ? name : `${name}[${channel}]`
      const reading = { from: 'channel', layout, channel, channels, statistic } as const
      return { ...numeric, name: `${place}.${statistic}`, reading }
    })
  ).flat()
}

const plainNumeric = {
  kind: 'numeric',
  distinctMax: 0,
  nullable: false,
  min: undefined,
  max: undefined,
  names: undefined
} as const

/** Images are `[N, C, H, W]` or `[N, H, W, C]` with 1, 3 or 4 channels. */
function channelsOf({ shape }: TensorSpec): { readonly layout: ChannelLayout; readonly channels: number } {
  const [first, last] = [shape?.[1], shape?.at(-1)]
  const fits = (size: unknown): size is number =>
    typeof size === 'number' && size > 1 && size <= channelsMax && size !== 2
  if (shape === undefined || shape.length < 4) return { layout: 'one', channels: 1 }
  if (fits(first)) return { layout: 'first', channels: first }
  return fits(last) ? { layout: 'last', channels: last } : { layout: 'one', channels: 1 }
}

function classMonitor(
  spec: TensorSpec,
  name: string,
  score: ClassScore,
  names: readonly string[] | undefined
): MonitorPlan {
  const base = { ...plainNumeric, name, role: 'output', tensor: spec.name, datatype: spec.datatype } as const
  const reading = { from: 'classes', score } as const
  return score === 'class' ? { ...base, reading, kind: 'categorical', names } : { ...base, reading }
}

function columnMonitor(
  spec: TensorSpec,
  name: string,
  role: 'input' | 'output',
  column: number,
  rules: FeatureRules,
  feature?: Feature
): MonitorPlan {
  const { kind: element } = factsOf(spec.datatype)
  const isWhole = rules.type === 'integer' || element === 'integer' || element === 'bigint'
  const isCoded = feature?.type === 'category' && element !== 'string'
  return {
    name,
    role,
    tensor: spec.name,
    datatype: spec.datatype,
    reading: { from: 'column', column },
    kind: columnKind(spec, rules, feature),
    distinctMax: isWhole ? distinctIntegersMax : distinctNumbersMax,
    nullable: rules.nullable === true,
    min: rules.min,
    max: rules.max,
    names: isCoded ? rules.values?.map(String) : feature?.type === 'boolean' ? ['false', 'true'] : undefined
  }
}

/** A declared type wins over what the values look like. */
function columnKind(spec: TensorSpec, rules: FeatureRules, feature: Feature | undefined): KindHint {
  const { kind: element } = factsOf(spec.datatype)
  if (element === 'bool' || feature?.type === 'boolean' || feature?.type === 'category') return 'categorical'
  if (element === 'string') return 'open'
  return rules.type === 'number' ? 'numeric' : 'open'
}

/** One residual over the numeric columns of floating inputs, which are those that can be standardised. */
function derivedMonitors(inputs: readonly MonitorPlan[]): MonitorPlan[] {
  const numeric = pcaInputs(inputs)
  if (numeric.length < 2 || numeric.length > columnsMax) return []
  const base = { ...plainNumeric, role: 'derived', tensor: '', datatype: 'FP64' } as const
  return [{ ...base, name: pcaMonitorName, reading: { from: 'pca' } }]
}

/** The monitors that the residual may read; the profile says which of them it does. */
export function pcaInputs(monitors: readonly MonitorPlan[]): readonly MonitorPlan[] {
  return monitors.filter(
    ({ role, kind, reading, datatype }) =>
      role === 'input' &&
      reading.from === 'column' &&
      kind !== 'categorical' &&
      factsOf(datatype).kind !== 'string' &&
      factsOf(datatype).kind !== 'bool'
  )
}
