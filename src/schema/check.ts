// A request against a signature: names, datatypes and shapes. Reports every problem; looks at no data.
import { describe, describeShape, listNames } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import type { Problem } from '../errors/serving-error.ts'
import type { Datatype } from '../tensor/datatype.ts'
import { describePattern, matchShape, type Shape } from '../tensor/shape.ts'
import { describeSpec, type Signature, type TensorSpec } from './signature.ts'

/** A tensor of a request before its data is read. */
export interface TensorHead {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: Shape
}

/** Everything that keeps `heads` from being the inputs of `signature`. The path of each is `inputs[i]`, by the order given. */
export function inputProblems(signature: Signature, heads: readonly TensorHead[]): Problem[] {
  if (fits(signature, heads)) return []
  const problems: Problem[] = []
  const specs = new Map(signature.inputs.map(spec => [spec.name, spec]))
  const seen = new Set<string>()
  const bound = new Map<string, number>()
  for (const [index, head] of heads.entries()) {
    const path = `inputs[${index}]`
    const spec = specs.get(head.name)
    if (spec === undefined) problems.push(unknownName('input', head.name, specs.keys(), `${path}.name`))
    else if (seen.has(head.name))
      problems.push({
        path: `${path}.name`,
        kind: 'name',
        problem: `input ${describe(head.name)} is given twice`
      })
    else problems.push(...specProblems(spec, head, bound, path))
    seen.add(head.name)
  }
  for (const spec of signature.inputs) {
    if (seen.has(spec.name)) continue
    problems.push({
      path: 'inputs',
      kind: 'name',
      problem: `input ${describe(spec.name)} is missing`,
      expected: describeSpec(spec)
    })
  }
  return problems
}

/** The common case, with nothing made for it: all inputs in the order of the signature, and nothing wrong with any. */
function fits({ inputs }: Signature, heads: readonly TensorHead[]): boolean {
  if (heads.length !== inputs.length) return false
  const bound = new Map<string, number>()
  for (let index = 0; index < inputs.length; index++) {
    const { name, datatype, shape } = inputs[index]!
    const head = heads[index]!
    if (head.name !== name || head.datatype !== datatype) return false
    if (shape !== undefined && matchShape(shape, head.shape, bound) !== undefined) return false
  }
  return true
}

/** Everything that is wrong with the list of outputs that a caller asks for. */
export function outputProblems(signature: Signature, wanted: readonly string[]): Problem[] {
  const names = new Set(signature.outputs.map(spec => spec.name))
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const [index, name] of wanted.entries()) {
    const path = `outputs[${index}].name`
    if (!names.has(name)) problems.push(unknownName('output', name, names, path))
    else if (seen.has(name))
      problems.push({ path, kind: 'name', problem: `output ${describe(name)} is asked for twice` })
    seen.add(name)
  }
  return problems
}

function specProblems(
  spec: TensorSpec,
  head: TensorHead,
  bound: Map<string, number>,
  path: string
): Problem[] {
  const problems: Problem[] = []
  const input = `input ${describe(spec.name)}`
  if (head.datatype !== spec.datatype) {
    const problem = `${input} has the wrong datatype`
    problems.push({
      path: `${path}.datatype`,
      kind: 'type',
      problem,
      expected: spec.datatype,
      got: head.datatype
    })
  }
  if (spec.shape === undefined) return problems
  const mismatch = matchShape(spec.shape, head.shape, bound)
  if (mismatch === undefined) return problems
  const problem: Problem = {
    path: `${path}.shape`,
    kind: 'shape',
    problem: `${input} has the wrong shape (${mismatch})`,
    expected: describePattern(spec.shape),
    got: describeShape(head.shape)
  }
  const hint = shapeHint(spec, head.shape)
  return [...problems, hint === undefined ? problem : { ...problem, hint }]
}

/** The two slips that people make most: the batch axis left out, and rows and columns swapped. */
function shapeHint(spec: TensorSpec, shape: Shape): string | undefined {
  const pattern = spec.shape ?? []
  const batched = [1, ...shape]
  if (matchShape(pattern, batched, new Map()) === undefined) {
    return `the batch dimension seems to be missing: send ${describeShape(batched)}`
  }
  const swapped = [...shape].reverse()
  if (shape.length === 2 && matchShape(pattern, swapped, new Map()) === undefined) {
    return `rows and columns seem to be swapped: send ${describeShape(swapped)}`
  }
  return undefined
}

function unknownName(kind: 'input' | 'output', name: string, known: Iterable<string>, path: string): Problem {
  const names = [...known]
  const hint = suggestion(name, names)
  const problem: Problem = {
    path,
    kind: 'name',
    problem: `the model has no ${kind} ${describe(name)}`,
    expected: `one of ${listNames(names)}`
  }
  return hint === '' ? problem : { ...problem, hint }
}
