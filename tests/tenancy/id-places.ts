import type { Schema } from '../harness/schema-arbitrary.ts'
import type { System } from '../harness/system.ts'

/** A place in a request that takes the id of something that belongs to a tenant. */
export interface IdPlace {
  readonly method: string
  readonly path: string
  readonly in: 'path' | 'query' | 'body'
  readonly name: string
}

interface Described {
  readonly parameters?: readonly { name: string; in: 'path' | 'query'; schema: Schema }[]
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
}

const idName = /(?:^|_)id$|^(?:after|conversation|tenant)$/

/** Names that look like ids and belong to no tenant, with the reason. */
const exempt: Readonly<Record<string, string>> = {
  'body input.id': 'ids of items are chosen by the client and mean something only within its request',
  'body items.id': 'ids of items are chosen by the client and mean something only within its conversation',
  'body input.call_id': 'calls are matched within one request or conversation',
  'body items.call_id': 'calls are matched within one request or conversation',
  'body messages.tool_call_id': 'calls are matched within one request',
  'body messages.tool_calls.id': 'calls are matched within one request',
  'body messages.content.id': 'calls are matched within one request',
  'body messages.content.tool_use_id': 'calls are matched within one request',
  'body metadata.user_id': 'a word of the caller about its own user; nothing is looked up by it',
  'body conversation.id': 'the same field in its other form: conversation',
}

/** Files are passed on to the provider; Parley keeps none. */
const exemptName = /(?:^|\.)file_id$/

/** Every place of every public route that takes such an id, from the description that is made from the route table. */
export async function findIdPlaces(system: System): Promise<IdPlace[]> {
  const answer = await system.fetch('/openapi.json')
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, described]) => placesOf(method.toUpperCase(), path, described)),
  )
}

export function placeName({ method, path, in: place, name }: IdPlace): string {
  return `${method} ${path} ${place} ${name}`
}

function placesOf(method: string, path: string, { parameters = [], requestBody }: Described): IdPlace[] {
  const named = parameters.filter(({ name }) => idName.test(name)).map(({ name, in: place }) => ({ place, name }))
  const schema = requestBody?.content['application/json'].schema
  const inBody = schema === undefined ? [] : [...new Set(fieldsOf(schema, ''))]
  const fields = inBody.filter(isIdField).map((name) => ({ place: 'body' as const, name }))
  return [...named, ...fields].map(({ place, name }) => ({ method, path, in: place, name }))
}

function isIdField(name: string): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1)
  return idName.test(last) && exempt[`body ${name}`] === undefined && !exemptName.test(name)
}

/** The names of all fields, those of arrays and alternatives under the name of what holds them. */
function fieldsOf(schema: Schema, prefix: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const full = prefix === '' ? name : `${prefix}.${name}`
    return [full, ...fieldsOf(inner, full)]
  })
  const within = [...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])]
  return [...own, ...within.flatMap((inner) => fieldsOf(inner, prefix))]
}
