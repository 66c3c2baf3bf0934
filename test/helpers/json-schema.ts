// Somebody else's reader of JSON Schema, and a walk through all that a schema holds.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonSchema } from '../../src/schema/json-schema.ts'

/** Strict, so that a keyword that is no keyword is an error. */
export function compiled(schema: JsonSchema): ValidateFunction {
  // Features may be called as what every object inherits.
  return new Ajv2020({
    ownProperties: true,
    // Each is used for a few bodies only.
    code: { optimize: false },
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false
  }).compile(schema)
}

/** Every keyword with its value and its place; names of properties are no keywords. */
export function* keywordsIn(
  schema: unknown,
  path = '#'
): Generator<{ readonly keyword: string; readonly value: unknown; readonly path: string }> {
  if (Array.isArray(schema)) {
    for (const [index, part] of schema.entries()) yield* keywordsIn(part, `${path}/${index}`)
    return
  }
  if (typeof schema !== 'object' || schema === null) return
  for (const [keyword, value] of Object.entries(schema) as [string, unknown][]) {
    yield { keyword, value, path }
    if (keyword === 'const' || keyword === 'enum' || keyword === 'default' || keyword === 'required') continue
    if (keyword !== 'properties') yield* keywordsIn(value, `${path}/${keyword}`)
    else
      for (const [name, part] of Object.entries(value as object) as [string, unknown][])
        yield* keywordsIn(part, `${path}/properties/${name}`)
  }
}
