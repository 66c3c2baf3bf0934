// Metrics of labelled rows, counted up row by row, and which output of a model they are taken from. Pure.
import { describe, listNames } from '../base/describe.ts'
import type { ScoredFile } from '../repository/gate-file.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Signature, TensorSpec } from '../schema/signature.ts'
import { factsOf } from '../tensor/datatype.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import { elementAt } from './gate-compare.ts'

/** Scores rows of one batch after the other. `labels` are as the data file has them. */
export interface Scorer {
  /** Returns what is wrong with a label, if anything is. */
  add(labels: readonly unknown[], output: NamedTensor): string | undefined
  /** NaN before the first row. */
  value(): number
}

interface Classes {
  readonly names: readonly string[] | undefined
}

/** The output that the metric is taken from, or what keeps it from being known. */
export function scoredOutput(
  { output, metric }: ScoredFile,
  signature: Signature,
  manifest: Manifest
): TensorSpec | string {
  const names = signature.outputs.map(spec => spec.name)
  if (output !== undefined)
    return (
      signature.outputs.find(spec => spec.name === output) ??
      `output: the model has no output '${output}' (it has ${listNames(names)})`
    )
  const withRole = (...roles: string[]) =>
    roles.flatMap(role => signature.outputs.filter(spec => manifest.outputs[spec.name]?.role === role))
  const wanted =
    metric === 'log-loss'
      ? withRole('probabilities')
      : metric === 'MAE' || metric === 'RMSE'
        ? withRole('value', 'score')
        : withRole('label', 'probabilities')
  const found = wanted[0] ?? (signature.outputs.length === 1 ? signature.outputs[0] : undefined)
  return (
    found ??
    `output: say which of ${listNames(names)} the metric is taken from, or give them roles in model.yaml`
  )
}

export function makeScorer(file: ScoredFile, output: TensorSpec, manifest: Manifest): Scorer {
  const classes = { names: manifest.outputs[output.name]?.classes?.map(String) }
  switch (file.metric) {
    case 'accuracy':
      return accuracy(classes)
    case 'macro-F1':
      return macroF1(classes)
    case 'log-loss':
      return logLoss(classes)
    case 'MAE':
      return meanError(Math.abs, mean => mean)
    case 'RMSE':
      return meanError(error => error * error, Math.sqrt)
  }
}

/** The share of rows whose class is the label. */
function accuracy(classes: Classes): Scorer {
  let [right, rows] = [0, 0]
  return {
    add(labels, output) {
      for (const [row, label] of labels.entries()) {
        if (isClass(classOf(output, row, labels.length, classes), label, classes)) right++
        rows++
      }
      return undefined
    },
    value: () => right / rows
  }
}

/**
 * The mean over the classes, of labels and of predictions, of 2·TP/(2·TP + FP + FN).
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.f1_score.html
 */
function macroF1(classes: Classes): Scorer {
  const counts = new Map<string, { right: number; wrong: number }>()
  const of = (name: string) => {
    const count = counts.get(name) ?? { right: 0, wrong: 0 }
    counts.set(name, count)
    return count
  }
  return {
    add(labels, output) {
      for (const [row, label] of labels.entries()) {
        const predicted = classOf(output, row, labels.length, classes)
        const wanted = isClass(predicted, label, classes) ? predicted : nameOfLabel(label, classes)
        if (wanted === predicted) of(wanted).right++
        else {
          of(wanted).wrong++
          of(predicted).wrong++
        }
      }
      return undefined
    },
    value() {
      const scores = [...counts.values()].map(({ right, wrong }) => (2 * right) / (2 * right + wrong))
      return scores.reduce((sum, score) => sum + score, 0) / scores.length
    }
  }
}

/** −mean ln p of the label's class, p kept within 1e-15 of 0 and 1. https://scikit-learn.org/stable/modules/model_evaluation.html#log-loss */
function logLoss(classes: Classes): Scorer {
  let [sum, rows] = [0, 0]
  return {
    add(labels, output) {
      const width = output.data.length / labels.length
      for (const [row, label] of labels.entries()) {
        const column = columnOf(label, width, classes)
        if (column === undefined) return `label ${describe(label)} is none of the ${width} classes`
        const probability =
          width === 1 ? binary(output, row, column) : Number(elementAt(output, row * width + column))
        sum -= Math.log(Math.min(1 - 1e-15, Math.max(1e-15, probability)))
        rows++
      }
      return undefined
    },
    value: () => sum / rows
  }
}

/** One column is the probability of the second of two classes. */
function binary(output: NamedTensor, row: number, column: number): number {
  const second = Number(elementAt(output, row))
  return column === 1 ? second : 1 - second
}

function meanError(weigh: (error: number) => number, finish: (mean: number) => number): Scorer {
  let [sum, rows] = [0, 0]
  return {
    add(labels, output) {
      const width = output.data.length / labels.length
      for (const [row, label] of labels.entries()) {
        const wanted = typeof label === 'string' && label.trim() !== '' ? Number(label) : label
        if (typeof wanted !== 'number' || Number.isNaN(wanted)) return `label ${describe(label)} is no number`
        sum += weigh(Number(elementAt(output, row * width)) - wanted)
        rows++
      }
      return undefined
    },
    value: () => finish(sum / rows)
  }
}

/** The class that was predicted: the label itself, or that of the largest of several numbers. */
function classOf(output: NamedTensor, row: number, rows: number, classes: Classes): string {
  const { names } = classes
  const width = output.data.length / rows
  const { kind } = factsOf(output.datatype)
  const isNumber = kind === 'float' || kind === 'half'
  if (width === 1 && !isNumber) return nameOfLabel(elementAt(output, row), classes)
  let best = 0
  if (width === 1) best = Number(Number(elementAt(output, row)) >= 0.5)
  for (let column = 1; column < width; column++)
    if (Number(elementAt(output, row * width + column)) > Number(elementAt(output, row * width + best)))
      best = column
  return names?.[best] ?? String(best)
}

/** A label may be the class's name or its index. */
function isClass(predicted: string, label: unknown, classes: Classes): boolean {
  return predicted === String(label) || predicted === nameOfLabel(label, classes)
}

function nameOfLabel(label: unknown, { names }: Classes): string {
  const text = String(label)
  if (names === undefined || names.includes(text)) return text
  return names[Number(text)] ?? text
}

function columnOf(label: unknown, width: number, { names }: Classes): number | undefined {
  const byName = names?.indexOf(String(label)) ?? -1
  const column = byName >= 0 ? byName : Number(label)
  const columns = width === 1 ? 2 : width
  return Number.isInteger(column) && column >= 0 && column < columns ? column : undefined
}
