// The file of keys: YAML that holds hashes and what each key may do, never a key. Read whole or not at all.
import { z } from 'zod'
import { parseYaml } from '../base/yaml.ts'
import { periods } from './allowance.ts'
import { scopes } from './grants.ts'
import { isHash } from './key-hash.ts'

export const keysMax = 10_000
const modelsMax = 256

const scope = z.enum(scopes, { error: `expected ${scopes.join(', ')}` })
const pattern = z.string({ error: 'expected a name' }).regex(/^[A-Za-z0-9._*-]{1,128}$/, {
  error: 'expected the name of a model, in which * may stand for anything'
})
const positive = z.number({ error: 'expected a number' }).positive({ error: 'expected a number above 0' })

/** Below it there would never be a request. */
const atLeastOne = z.number({ error: 'expected a number' }).min(1, { error: 'expected a number from 1' })

const keySchema = z.strictObject({
  id: z
    .string({ error: 'expected an id' })
    .regex(/^[0-9a-f]{12}$/, { error: 'expected twelve hexadecimal digits' }),
  name: z
    .string({ error: 'expected a name' })
    .regex(/^[\w .@:/+-]{1,128}$/, { error: 'expected a name of letters, digits and . @ : / + - _' }),
  hash: z.string({ error: 'expected a hash' }).refine(isHash, { error: 'expected scrypt$N$r$p$salt$hash' }),
  scopes: z
    .array(scope, { error: 'expected a list of scopes' })
    .min(1, { error: 'expected at least one scope' }),
  models: z
    .array(pattern, { error: 'expected a list of names' })
    .max(modelsMax, { error: `expected at most ${modelsMax} names` })
    .default(['*']),
  expires: z
    .union([z.string(), z.date()], { error: 'expected a date such as 2027-01-31' })
    .transform((value, context) => {
      const ms = new Date(value).getTime()
      if (Number.isFinite(ms)) return ms
      context.addIssue({ code: 'custom', message: 'expected a date such as 2027-01-31' })
      return z.NEVER
    })
    .optional(),
  rate: z.strictObject({ requestsPerSecond: positive, burst: atLeastOne.optional() }).optional(),
  quota: z
    .strictObject({ requests: atLeastOne, per: z.enum(periods, { error: `expected ${periods.join(', ')}` }) })
    .optional()
})

const fileSchema = z.strictObject({
  keys: z
    .array(keySchema, { error: 'expected a list of keys' })
    .max(keysMax, { error: `expected at most ${keysMax} keys` })
})

export type KeyRecord = z.output<typeof keySchema>

/** The keys of a file, or everything that is wrong with it. */
export function parseKeyFile(
  text: string
): { readonly keys: readonly KeyRecord[] } | { readonly problems: readonly string[] } {
  const yaml = parseYaml(text)
  if ('problems' in yaml) return { problems: yaml.problems }
  const read = fileSchema.safeParse(yaml.value)
  if (!read.success)
    return {
      problems: read.error.issues.slice(0, problemsMax).map(({ path, message, code, ...rest }) => {
        const unknown =
          code === 'unrecognized_keys'
            ? `unknown key ${(rest as { keys?: string[] }).keys?.join(', ')}`
            : message
        return `${path.map(String).join('.') || 'the file'}: ${unknown}`
      })
    }
  const seen = new Set<string>()
  const twice = read.data.keys.find(({ id }) => seen.size === seen.add(id).size)
  return twice === undefined ? read.data : { problems: [`id ${twice.id} is given twice`] }
}

const problemsMax = 32
