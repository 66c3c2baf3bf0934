// A response → the V2 dialect: JSON, or JSON and the bytes of the outputs that were wanted so. Keys come in Triton's order: id,
// model_name, model_version, outputs. Numbers of binary outputs are not copied: their memory is part of the answer.
import { tensorBytes } from '../../tensor/binary-write.ts'
import { tensorDataJson } from '../../tensor/json-write.ts'
import type { InferenceResponse, NamedTensor } from '../../tensor/tensor.ts'
import { type ClassLabels, classified } from './classification.ts'
import { headerLengthName } from './decode.ts'
import { type OutputWishes, wishFor } from './parameters.ts'

/** What the answer says of itself in its headers, and its body: text, or pieces to be written one after the other. */
export interface V2Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | readonly Uint8Array[]
}

/** Facts of outputs by name, as `outputs` of model.yaml has them. */
export type OutputFacts = Readonly<Record<string, { readonly classes?: ClassLabels | undefined } | undefined>>

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8' }

export function v2Response(
  response: InferenceResponse,
  wishes: OutputWishes,
  facts: OutputFacts = {}
): V2Answer {
  const tails: Uint8Array[] = []
  const outputs = response.outputs.map(output => {
    const { binary, classes } = wishFor(wishes, output.name)
    const tensor = classes === undefined ? output : classified(output, classes, facts[output.name]?.classes)
    if (!binary) return outputJson(tensor, `"data":${tensorDataJson(tensor)}`)
    const bytes = tensorBytes(tensor)
    tails.push(bytes)
    return outputJson(tensor, `"parameters":{"binary_data_size":${bytes.length}}`)
  })
  const id = response.id === undefined ? '' : `"id":${JSON.stringify(response.id)},`
  const json = `{${id}"model_name":${JSON.stringify(response.model)},"model_version":"${response.version}","outputs":[${outputs.join(',')}]}`
  if (tails.length === 0) return { headers: jsonHeaders, body: json }
  const head = Buffer.from(json)
  const body = [head, ...tails.filter(bytes => bytes.length > 0)]
  const headers = {
    'content-type': 'application/octet-stream',
    [headerLengthName]: String(head.length),
    'content-length': String(body.reduce((total, bytes) => total + bytes.length, 0))
  }
  return { headers, body }
}

function outputJson({ name, shape, datatype }: NamedTensor, data: string): string {
  return `{"name":${JSON.stringify(name)},"shape":[${shape.join(',')}],"datatype":"${datatype}",${data}}`
}
