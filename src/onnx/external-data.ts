// Finds every tensor of a model that keeps its data in another file, wherever the format lets one hide: initializers, node
// attributes, sub-graphs, functions, training graphs.
import { entryIn, type Field, type FileWindow, messageIn, OnnxFormatError } from './protobuf.ts'

/** Graphs inside graphs (loops, branches). */
export const graphDepthMax = 32

export class ExternalDataScan {
  readonly locations = new Set<string>()
  readonly #file: FileWindow

  constructor(file: FileWindow) {
    this.#file = file
  }

  graph(graph: Field, depth: number): void {
    if (depth > graphDepthMax) throw new OnnxFormatError(`graphs are nested deeper than ${graphDepthMax}`)
    for (const field of messageIn(this.#file, graph)) {
      if (field.number === 1) this.#node(field, depth)
      else if (field.number === 5) this.#tensor(field)
      else if (field.number === 15) this.#sparseTensor(field)
    }
  }

  /** A FunctionProto: nodes, and attributes with default values. */
  function(definition: Field): void {
    for (const field of messageIn(this.#file, definition)) {
      if (field.number === 7) this.#node(field, 0)
      else if (field.number === 11) this.#attribute(field, 0)
    }
  }

  /** A TrainingInfoProto: two graphs. */
  trainingInfo(info: Field): void {
    for (const field of messageIn(this.#file, info)) {
      if (field.number === 1 || field.number === 2) this.graph(field, 1)
    }
  }

  #node(node: Field, depth: number): void {
    for (const field of messageIn(this.#file, node)) if (field.number === 5) this.#attribute(field, depth)
  }

  #attribute(attribute: Field, depth: number): void {
    for (const field of messageIn(this.#file, attribute)) {
      if (field.number === 5 || field.number === 10) this.#tensor(field)
      else if (field.number === 6 || field.number === 11) this.graph(field, depth + 1)
      else if (field.number === 22 || field.number === 23) this.#sparseTensor(field)
    }
  }

  #sparseTensor(sparse: Field): void {
    for (const field of messageIn(this.#file, sparse))
      if (field.number === 1 || field.number === 2) this.#tensor(field)
  }

  #tensor(tensor: Field): void {
    for (const field of messageIn(this.#file, tensor)) {
      if (field.number !== 13) continue
      const [key, value] = entryIn(this.#file, field)
      if (key === 'location') this.locations.add(value)
    }
  }
}
