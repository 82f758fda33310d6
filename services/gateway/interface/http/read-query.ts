import type { TSchema } from 'typebox'

type Raw = Readonly<Record<string, unknown>>

/**
 * A query string as its schema wants it: numbers and true/false from their text, lists from `name[]=a` as well as from
 * `name=a`, objects from `name[key]=a`. What cannot be read so is left as text, for the schema to refuse. Unknown
 * parameters are dropped.
 */
export function readQuery(schema: TSchema, raw: Raw): Record<string, unknown> {
  const { properties = {} } = schema as { properties?: Record<string, TSchema> }
  const query: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    const value = raw[name] ?? raw[`${name}[]`] ?? (isObjectSchema(property) ? readObject(name, raw) : undefined)
    if (value !== undefined) query[name] = readValue(property as { type?: string }, value)
  }
  return query
}

function isObjectSchema(schema: TSchema): boolean {
  return (schema as { type?: string }).type === 'object'
}

function readObject(name: string, raw: Raw): Record<string, unknown> | undefined {
  const entries = Object.entries(raw).flatMap(([key, value]) =>
    key.startsWith(`${name}[`) && key.endsWith(']') ? [[key.slice(name.length + 1, -1), value]] : [],
  )
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function readValue({ type }: { type?: string }, value: unknown): unknown {
  if (type === 'array') return Array.isArray(value) ? value : [value]
  if (typeof value !== 'string') return value
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
