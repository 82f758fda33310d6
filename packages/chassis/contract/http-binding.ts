import type { TSchema } from 'typebox'
import type { AnyCall, HttpMethod } from './define-contract.ts'

/**
 * How a call's input travels: `:name` segments of the path are the fields of that name; of the rest, GET and DELETE put
 * each field in the query (text as it is, everything else as JSON) and the other methods send a JSON body.
 */
export interface HttpBinding {
  readonly method: HttpMethod
  /** Below the service's own prefix, with `:name` segments. */
  readonly path: string
  readonly pathFields: readonly string[]
  readonly hasBody: boolean
}

export type Fields = Record<string, unknown>

const bindings = new WeakMap<AnyCall, HttpBinding>()

export function bindingOf(definition: AnyCall): HttpBinding {
  let binding = bindings.get(definition)
  if (binding === undefined) {
    const [method, path] = definition.http.split(' ') as [HttpMethod, string]
    const pathFields = [...path.matchAll(/:([A-Za-z]+)/g)].map((match) => match[1] ?? '')
    binding = { method, path, pathFields, hasBody: method !== 'GET' && method !== 'DELETE' }
    bindings.set(definition, binding)
  }
  return binding
}

/** The path of every call and of the events of a service, as other services reach it. */
/** What the path of every call between processes begins with. */
export const servicesPrefix = '/internal/'

export function servicePrefix(service: string): string {
  return servicesPrefix + service
}

export function encodeInput(definition: AnyCall, input: Fields): { path: string; body: string | null } {
  const binding = bindingOf(definition)
  const rest: Fields = { ...input }
  let path = binding.path
  for (const field of binding.pathFields) {
    path = path.replace(`:${field}`, encodeURIComponent(String(input[field])))
    delete rest[field]
  }
  if (binding.hasBody) return { path, body: JSON.stringify(rest) }
  const query = new URLSearchParams()
  for (const [field, value] of Object.entries(rest)) {
    if (value !== undefined) query.set(field, typeof value === 'string' ? value : JSON.stringify(value))
  }
  const text = query.toString()
  return { path: text === '' ? path : `${path}?${text}`, body: null }
}

/** The inverse of `encodeInput`. Fields of the query that are not text by the schema are read as JSON. */
export function decodeInput(
  definition: AnyCall,
  parts: { parameters: Readonly<Record<string, string>>; query: Readonly<Record<string, unknown>>; body: unknown },
): unknown {
  const binding = bindingOf(definition)
  if (binding.hasBody) {
    const body = parts.body ?? {}
    return typeof body === 'object' && !Array.isArray(body) ? { ...body, ...parts.parameters } : body
  }
  const input: Fields = { ...parts.parameters }
  const properties = (definition.in as { properties?: Record<string, TSchema> }).properties ?? {}
  for (const [field, value] of Object.entries(parts.query)) {
    const schema = properties[field]
    input[field] = schema !== undefined && typeof value === 'string' && !isText(schema) ? parseJson(value) : value
  }
  return input
}

function isText(schema: TSchema): boolean {
  const { type, const: constant, anyOf } = schema as { type?: string; const?: unknown; anyOf?: TSchema[] }
  return type === 'string' || typeof constant === 'string' || (anyOf?.every(isText) ?? false)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Left as text: the schema refuses it and names the field.
    return text
  }
}
