interface Schema {
  type?: string
  const?: unknown
  required?: string[]
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}

/**
 * Why a value that fits `written` may not be understood by a reader that expects `read`, by structure: a required field
 * that is never written, another type, a variant that the reader does not know. Bounds and patterns are left to the
 * check of each message.
 */
export function schemaDifferences(written: unknown, read: unknown, where: string): string[] {
  return differences(written as Schema, read as Schema, where)
}

function differences(written: Schema, read: Schema, where: string): string[] {
  if (isAnything(read)) return []
  if (isAnything(written)) return [`${where} may be anything, but ${nameOf(read)} is expected`]
  if (written.anyOf !== undefined) return written.anyOf.flatMap((variant) => differences(variant, read, where))
  if (read.anyOf !== undefined) {
    const fits = read.anyOf.some((variant) => differences(written, variant, where).length === 0)
    return fits ? [] : [`${where} may be ${nameOf(written)}, which is not understood`]
  }
  if (!sameKind(written, read)) return [`${where} is ${nameOf(written)}, but ${nameOf(read)} is expected`]
  if (read.type === 'array') return differences(written.items ?? {}, read.items ?? {}, `an entry of ${where}`)
  if (read.type === 'object') return objectDifferences(written, read, where)
  return []
}

function objectDifferences(written: Schema, read: Schema, where: string): string[] {
  const missing = (read.required ?? []).filter((field) => !(written.required ?? []).includes(field))
  const shared = Object.entries(written.properties ?? {}).flatMap(([field, schema]) => {
    const expected = read.properties?.[field]
    return expected === undefined ? [] : differences(schema, expected, `${field} of ${where}`)
  })
  return [...missing.map((field) => `${field} of ${where} is required, but may be missing`), ...shared]
}

function sameKind(written: Schema, read: Schema): boolean {
  if (read.const !== undefined) return written.const === read.const
  if (written.const !== undefined) return typeof written.const === read.type
  return written.type === read.type || (written.type === 'integer' && read.type === 'number')
}

function isAnything(schema: Schema): boolean {
  return schema.type === undefined && schema.const === undefined && schema.anyOf === undefined
}

function nameOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  return schema.type ?? 'one of several types'
}
