// Domain → the JSON text of the V2 dialect. Keys come in Triton's order: id, model_name, model_version, outputs.
import { tensorDataJson } from '../../tensor/json-write.ts'
import type { InferenceResponse, NamedTensor } from '../../tensor/tensor.ts'

export function v2ResponseJson(response: InferenceResponse): string {
  const id = response.id === undefined ? '' : `"id":${JSON.stringify(response.id)},`
  const outputs = response.outputs.map(outputJson).join(',')
  return `{${id}"model_name":${JSON.stringify(response.model)},"model_version":"${response.version}","outputs":[${outputs}]}`
}

function outputJson(output: NamedTensor): string {
  const { name, shape, datatype } = output
  return `{"name":${JSON.stringify(name)},"shape":[${shape.join(',')}],"datatype":"${datatype}","data":${tensorDataJson(output)}}`
}
