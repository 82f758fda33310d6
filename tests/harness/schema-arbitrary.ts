import fc from 'fast-check'

/** The parts of JSON Schema that the API's own description uses. */
export interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

export interface SchemaArbitraryOptions {
  /** Strings to mix in wherever the schema takes one. */
  strings: readonly string[]
  /** Puts anything in place of a value now and then. */
  wrong: fc.Arbitrary<unknown>
}

/** Values that mostly fit a schema, with something wrong in them now and then. */
export function arbitraryOf(schema: Schema, options: SchemaArbitraryOptions): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 14, arbitrary: fitting(schema, options) },
    { weight: 1, arbitrary: fc.oneof(options.wrong, fc.constantFrom(...options.strings)) },
  )
}

function fitting(schema: Schema, options: SchemaArbitraryOptions): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((branch) => arbitraryOf(branch, options)))
  if ('const' in schema) return fc.constant(schema.const)
  switch (schema.type) {
    case 'object':
      return objectOf(schema, options)
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, options), {
        minLength: Math.min(schema.minItems ?? 0, 3),
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      })
    case 'string':
      return stringOf(schema, options)
    case 'integer':
      return fc.oneof(fc.integer(rangeOf(schema, 1)), fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 1))
    case 'number':
      return fc.double({ ...rangeOf(schema, 0), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.oneof(options.wrong, fc.constantFrom(...options.strings))
  }
}

function objectOf(schema: Schema, options: SchemaArbitraryOptions): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {})
  const known = fc.record(Object.fromEntries(properties.map(([name, inner]) => [name, arbitraryOf(inner, options)])), {
    requiredKeys: (schema.required ?? []).filter((name) => properties.some(([known]) => known === name)),
  })
  const [pattern] = Object.values(schema.patternProperties ?? {})
  const names = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(...options.strings))
  const others = fc.dictionary(names, pattern === undefined ? options.wrong : arbitraryOf(pattern, options), {
    maxKeys: pattern === undefined ? 1 : 4,
  })
  const withOthers = fc.tuple(known, others).map(([own, more]) => ({ ...more, ...own }))
  return properties.length === 0
    ? others
    : fc.oneof({ weight: 6, arbitrary: known }, { weight: 1, arbitrary: withOthers })
}

function stringOf({ pattern, minLength = 0, maxLength = 60 }: Schema, { strings }: SchemaArbitraryOptions) {
  const plain =
    pattern === undefined
      ? fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)), unit: 'grapheme' })
      : fc.stringMatching(/^[a-z][a-z0-9-]{3,20}$/)
  return fc.oneof({ weight: 5, arbitrary: plain }, { weight: 2, arbitrary: fc.constantFrom(...strings) })
}

function rangeOf({ minimum, maximum }: Schema, width: number): { min: number; max: number } {
  return { min: minimum ?? -1_000_000, max: maximum ?? Math.max(minimum ?? 0, 0) + 1_000_000 + width }
}
