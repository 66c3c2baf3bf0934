// The graph of a version, from the header of its file: its signature, where it came from, and everything about it that the
// runtime could not serve. The weights stay unread; files that the graph points to are checked before the runtime opens them.
import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path'
import { describe } from '../base/describe.ts'
import { messageOf } from '../errors/serving-error.ts'
import { type OnnxHeader, type OnnxValue, readOnnxHeader } from '../onnx/header.ts'
import type { Signature, TensorSpec } from '../schema/signature.ts'
import { datatypeFromOnnx } from '../tensor/datatype.ts'
import { resolveInside } from './layout.ts'
import type { ScannedVersion } from './scan.ts'

export interface Graph {
  readonly signature: Signature
  readonly header: OnnxHeader
  /** The real path of the model's file. */
  readonly path: string
  /** The files that hold the data of its tensors, where they are not in the model's file. */
  readonly dataFiles: readonly DataFile[]
  /** The model's file and the data files, each relative to the version's folder. */
  readonly files: readonly string[]
}

export interface DataFile {
  /** As the graph spells it, relative to the model's file. */
  readonly location: string
  /** The real path. */
  readonly path: string
}

/** Element types of onnx.proto that people meet and the runtime's Node binding refuses. */
const refusedTypes: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1'
}

/** Reads and checks the graph. Everything that is wrong comes back as problems that say what to do. */
export async function readGraph(
  version: ScannedVersion
): Promise<Graph | { readonly problems: readonly string[] }> {
  let header: OnnxHeader
  let path: string | undefined
  try {
    path = await resolveInside(version.root, version.file)
    if (path === undefined) return { problems: [`${version.file} is missing`] }
    header = readOnnxHeader(path)
  } catch (error) {
    return { problems: [`${version.file}: ${messageOf(error)}`] }
  }
  const problems: string[] = []
  const inputs = header.inputs.map(value => tensorSpec('input', value, problems))
  const outputs = header.outputs.map(value => tensorSpec('output', value, problems))
  if (outputs.length === 0) problems.push('the graph has no outputs')
  const dataFiles: DataFile[] = []
  for (const location of header.externalData) {
    const found = await findExternalData(version.root, dirname(path), location)
    if ('problem' in found) problems.push(found.problem)
    else dataFiles.push({ location, path: found.path })
  }
  if (problems.length > 0) return { problems: problems.map(problem => `${version.file}: ${problem}`) }
  const signature = {
    inputs: inputs.filter(spec => spec !== undefined),
    outputs: outputs.filter(spec => spec !== undefined)
  }
  const folder = join(version.root, version.folder)
  const inFolder = await Promise.all(dataFiles.map(file => nameInFolder(version, file)))
  const files = [...new Set([relative(folder, join(version.root, version.file)), ...inFolder])]
  return { signature, header, path, dataFiles, files }
}

/** A data file by its name in the version's folder, or by its real place where it has none there. */
async function nameInFolder({ root, folder }: ScannedVersion, { location, path }: DataFile): Promise<string> {
  const name = normalize(location)
  const beside = await resolveInside(root, folder, name).catch(() => undefined)
  return beside === path ? name : relative(join(root, folder), path)
}

function tensorSpec(kind: 'input' | 'output', value: OnnxValue, problems: string[]): TensorSpec | undefined {
  const name = `${kind} ${describe(value.name)}`
  if (value.kind !== 'tensor') {
    const hint =
      value.kind === 'sequence' || value.kind === 'map'
        ? '; scikit-learn classifiers: convert with zipmap=False (skl2onnx: options={"zipmap": False})'
        : ''
    const article = value.kind === 'optional' ? 'an' : 'a'
    problems.push(`${name} is ${article} ${value.kind}, only tensors can be served${hint}`)
    return undefined
  }
  const datatype = datatypeFromOnnx(value.elementType)
  if (datatype === undefined) {
    const type = refusedTypes[value.elementType] ?? `element type ${value.elementType}`
    problems.push(`${name} is ${type}, which the runtime cannot take; cast it to FP32 or FP16 in the graph`)
    return undefined
  }
  return { name: value.name, datatype, shape: value.shape }
}

/**
 * External data lies in or below `folder`, where the model's file really is and the runtime looks for it, and inside the
 * repository once links are followed.
 */
async function findExternalData(
  root: string,
  folder: string,
  location: string
): Promise<{ readonly path: string } | { readonly problem: string }> {
  const name = `external data ${describe(location)}`
  const way = normalize(location)
  if (location === '' || isAbsolute(location) || way === '..' || way.startsWith(`..${sep}`)) {
    return { problem: `${name} points outside of the version's folder; keep it beside the model` }
  }
  try {
    const found = await resolveInside(root, join(relative(root, folder), way))
    if (found === undefined) return { problem: `${name} is missing` }
    // The runtime would wait for a pipe's writer forever.
    return (await stat(found)).isFile() ? { path: found } : { problem: `${name} is not a file` }
  } catch (error) {
    return { problem: `${name}: ${messageOf(error)}` }
  }
}
