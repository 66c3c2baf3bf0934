// Facts about models → the source of a typed client in TypeScript, without dependencies. The same facts give the same bytes.
import type { FeatureFacts, ModelFacts, PredictionFacts } from './facts.ts'
import { typeNames } from './names.ts'
import { runtime } from './runtime.ts'
import { commentText, docComment, propertyName, sentence, stringLiteral } from './source-text.ts'

export interface ClientModel {
  readonly facts: ModelFacts
  /** Whether the client asks for this version unless a call says otherwise, rather than for the server's choice. */
  readonly pinned: boolean
}

/** The models have names of their own. */
export function generateClient(models: readonly ClientModel[]): string {
  const names = typeNames(models.map(({ facts }) => facts.model))
  const from = models.map(({ facts }) => commentText(`${facts.model} ${facts.version}`)).join(', ')
  return [
    '// A typed client for models on a Kedge server, written by `kedge client`: generate it anew instead of changing it.\n' +
      `// Made from: ${from}.\n`,
    ...models.map(({ facts }, index) => modelTypes(facts, names[index]!)),
    modelMap(models, names),
    factsTable(models),
    runtime.slice(1)
  ].join('\n')
}

function modelTypes({ model, version, description = '', features, prediction }: ModelFacts, name: string) {
  const about = docComment([sentence(description), `A row of ${model}, as version ${version} takes it.`])
  const answer = docComment([`What ${model} answers for a row.`])
  const record =
    features.length === 0
      ? `export type ${name}Record = Readonly<Record<string, never>>\n`
      : `export interface ${name}Record {\n${features.map(featureLine).join('')}}\n`
  return `${about}${record}\n${answer}${predictionType(prediction, name)}`
}

function featureLine({ name, type, optional, notes }: FeatureFacts): string {
  const own = optional ? `?: ${type} | null` : `: ${type}`
  return `${docComment(notes, '  ')}  readonly ${propertyName(name)}${own}\n`
}

function predictionType({ outputs }: PredictionFacts, name: string): string {
  const [only] = outputs
  if (only !== undefined && only.name === undefined) return `export type ${name}Prediction = ${only.type}\n`
  const lines = outputs.map(output => `  readonly ${propertyName(output.name ?? '')}: ${output.type}\n`)
  return `export interface ${name}Prediction {\n${lines.join('')}}\n`
}

function modelMap(models: readonly ClientModel[], names: readonly string[]): string {
  const lines = models.map(
    ({ facts }, index) =>
      `  readonly ${propertyName(facts.model)}: { readonly record: ${names[index]}Record; readonly prediction: ${names[index]}Prediction }\n`
  )
  return `/** By the names that the server has for them. */\nexport interface Models {\n${lines.join('')}}\n\nexport type ModelName = keyof Models & string\n`
}

/** Names are data here: an object would take some of them for its own. */
function factsTable(models: readonly ClientModel[]): string {
  const lines = models.map(({ facts: { model, version, prediction }, pinned }) => {
    const numbers = prediction.outputs.filter(({ notFinite }) => notFinite).map(({ name }) => name)
    const list = numbers.map(name => (name === undefined ? 'undefined' : stringLiteral(name))).join(', ')
    const own = pinned ? `version: ${stringLiteral(version)}, ` : ''
    return `[${stringLiteral(model)}, { ${own}classes: ${prediction.classes}, numbers: [${list}] }]`
  })
  return `const models = new Map<string, ModelFacts>([\n  ${lines.join(',\n  ')}\n])\n`
}
