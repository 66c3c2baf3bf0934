// Rows in, predictions out, through a client that `kedge client` wrote: node predict.ts [URL]
import { KedgeClient, KedgeError, type PenguinsRecord } from './kedge-client.ts'

const client = new KedgeClient({ baseUrl: process.argv[2], timeoutMs: 5000 })

const penguins: PenguinsRecord[] = [
  {
    bill_length_mm: 39.1,
    bill_depth_mm: 18.7,
    flipper_length_mm: 181,
    body_mass_g: 3750,
    island: 'Torgersen',
    sex: 'male'
  },
  // What nobody measured may be left out, or null.
  { bill_length_mm: 46.1, flipper_length_mm: 211, island: 'Biscoe', sex: null }
]

for (const { label, probabilities } of await client.predict('penguins', penguins)) {
  // `label` is 'Adelie' | 'Chinstrap' | 'Gentoo', so that a slip in a name does not compile.
  console.log(`${label}: ${(100 * probabilities[label]).toFixed(1)} %`)
}

const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }
const [iris] = await client.predict('iris', [flower], { version: 1 })
console.log(`version 1 takes the flower for a ${iris?.label}`)

try {
  await client.predict('iris', [{ ...flower, petal_width: 'narrow' as unknown as number }])
} catch (error) {
  if (!(error instanceof KedgeError)) throw error
  console.log(`${error.status} ${error.code}`)
  for (const { path, problem, expected, got } of error.details)
    console.log(`  ${path}: ${problem}; expected ${expected}, got ${got}`)
}
