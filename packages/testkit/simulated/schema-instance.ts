import type { TextFormat } from '@parley/kernel/generation.ts'
import { type Schema, sampleNumber, sampleString } from './schema-scalars.ts'

/** JSON text that satisfies the wanted format. */
export function jsonAnswer(format: TextFormat): string {
  if (format.type === 'json_schema') return JSON.stringify(instanceOf(format.schema))
  return JSON.stringify({ simulated: true, answer: 'This object is a simulated answer.' })
}

/**
 * A value that validates against a JSON schema: the keywords of structured outputs, that is types, `properties`,
 * `required`, `items`, `prefixItems`, `enum`, `const`, `anyOf`, `oneOf`, `allOf`, local `$ref`, bounds and formats.
 * Recursive schemas end as early as they may. A schema that cannot be satisfied gives null.
 */
export function instanceOf(schema: unknown): unknown {
  try {
    return build(schema, { root: schema, depth: 0, variant: 0, budget: { left: buildsMax } })
  } catch (error) {
    if (error instanceof DeadEnd) return null
    throw error
  }
}

interface Position {
  readonly root: unknown
  readonly depth: number
  /** Positions of different variants get different values, as far as the schema allows. */
  readonly variant: number
  readonly budget: { left: number }
}

const depthMax = 32
const optionalDepthMax = 4
const buildsMax = 20_000

/** This branch cannot be satisfied, or not within the bounds; another alternative may. */
class DeadEnd extends Error {}

function build(schema: unknown, position: Position): unknown {
  if (schema === false || position.depth > depthMax || position.budget.left-- === 0) throw new DeadEnd()
  if (!isSchema(schema)) return 'simulated'
  const plain = flatten(schema, position)
  for (const keyword of ['anyOf', 'oneOf']) {
    const alternatives = listOf(plain[keyword])
    if (alternatives !== null) return buildOneOf({ ...plain, [keyword]: undefined }, alternatives, position)
  }
  if (Object.hasOwn(plain, 'const')) return plain['const']
  const values = listOf(plain['enum'])
  if (values !== null) return pick(values, position.variant)
  return buildType(plain, position)
}

function buildType(schema: Schema, position: Position): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return buildObject(schema, position)
    case 'array':
      return buildArray(schema, position)
    case 'integer':
      return sampleNumber(schema, { integer: true, variant: position.variant })
    case 'number':
      return sampleNumber(schema, { integer: false, variant: position.variant })
    case 'boolean':
      return position.variant % 2 === 0
    case 'null':
      return null
    default:
      return sampleString(schema, position.variant)
  }
}

function buildObject(schema: Schema, position: Position): unknown {
  // Without a prototype, a property named `__proto__` is a property like any other.
  const result: Record<string, unknown> = Object.create(null)
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const required = new Set(listOf(schema['required'])?.map(String) ?? [])
  const inner = { ...position, depth: position.depth + 1 }
  for (const name of new Set([...Object.keys(properties), ...required])) {
    const declared = Object.hasOwn(properties, name) ? properties[name] : (schema['additionalProperties'] ?? true)
    if (required.has(name)) result[name] = build(declared, inner)
    else if (position.depth < optionalDepthMax) addOptional(result, name, { schema: declared, position: inner })
  }
  for (let index = 1; Object.keys(result).length < numberOf(schema['minProperties'], 0); index++) {
    result[`key${index}`] = build(schema['additionalProperties'] ?? true, inner)
  }
  return result
}

function addOptional(
  result: Record<string, unknown>,
  name: string,
  { schema, position }: { schema: unknown; position: Position },
): void {
  try {
    result[name] = build(schema, position)
  } catch (error) {
    if (!(error instanceof DeadEnd)) throw error
  }
}

function buildArray(schema: Schema, position: Position): unknown[] {
  const prefix = listOf(schema['prefixItems']) ?? []
  const least = numberOf(schema['minItems'], 0)
  const wanted = position.depth < optionalDepthMax && schema['items'] !== false ? 1 : 0
  const length = Math.min(Math.max(least, prefix.length, wanted), numberOf(schema['maxItems'], 1_000), 1_000)
  const items: unknown[] = []
  for (let index = 0; index < length; index++) {
    const variant = schema['uniqueItems'] === true ? index : position.variant
    const itemSchema = index < prefix.length ? prefix[index] : (schema['items'] ?? true)
    try {
      items.push(build(itemSchema, { ...position, depth: position.depth + 1, variant }))
    } catch (error) {
      if (error instanceof DeadEnd && index >= least) break
      throw error
    }
  }
  return items
}

function buildOneOf(base: Schema, alternatives: readonly unknown[], position: Position): unknown {
  const inner = { ...position, depth: position.depth + 1 }
  // Deep inside, alternatives without references come first: they end a recursion.
  const ordered =
    position.depth < 2
      ? alternatives
      : alternatives.toSorted((left, right) => referenceCount(left) - referenceCount(right))
  const start = position.variant % ordered.length
  for (const alternative of [...ordered.slice(start), ...ordered.slice(0, start)]) {
    if (alternative === false) continue
    try {
      return build(isSchema(alternative) ? merge(base, flatten(alternative, inner)) : base, inner)
    } catch (error) {
      if (!(error instanceof DeadEnd)) throw error
    }
  }
  throw new DeadEnd()
}

function referenceCount(schema: unknown): number {
  return JSON.stringify(schema).split('"$ref"').length - 1
}

/** The schema with its `$ref` and `allOf` worked into it. */
function flatten(schema: Schema, position: Position): Schema {
  let flat = schema
  for (let hops = 0; typeof flat['$ref'] === 'string'; hops++) {
    if (hops > depthMax) throw new DeadEnd()
    const { $ref, ...rest } = flat
    const target = lookUp(position.root, String($ref))
    if (target === false) throw new DeadEnd()
    flat = isSchema(target) ? merge(target, rest) : rest
  }
  const parts = listOf(flat['allOf'])
  if (parts === null) return flat
  const { allOf: _allOf, ...rest } = flat
  if (position.depth > depthMax || position.budget.left-- === 0) throw new DeadEnd()
  const inner = { ...position, depth: position.depth + 1 }
  return parts.filter(isSchema).reduce<Schema>((merged, part) => merge(merged, flatten(part, inner)), rest)
}

/** Both schemas at once: lists of names are united, bounds tightened, shared properties must satisfy both. */
function merge(left: Schema, right: Schema): Schema {
  const merged: Record<string, unknown> = { ...left }
  for (const [keyword, value] of Object.entries(right)) if (value !== undefined) merged[keyword] = value
  for (const [keyword, value] of Object.entries(left)) {
    const other = right[keyword]
    if (value === undefined || other === undefined) continue
    if (keyword === 'required' || keyword === 'allOf')
      merged[keyword] = [...(listOf(value) ?? []), ...(listOf(other) ?? [])]
    else if (keyword === 'properties' && isSchema(value) && isSchema(other))
      merged[keyword] = mergeProperties(value, other)
    else if (keyword === 'type') merged[keyword] = sharedTypes(value, other)
    else if (keyword === 'enum') merged[keyword] = listOf(value)?.filter((entry) => listOf(other)?.includes(entry))
    else if (keyword === 'anyOf' || keyword === 'oneOf')
      Object.assign(merged, { [keyword]: value, allOf: [{ [keyword]: other }] })
    else if (typeof value === 'number' && typeof other === 'number') merged[keyword] = tighter(keyword, value, other)
  }
  return merged
}

function mergeProperties(left: Schema, right: Schema): Schema {
  const shared = Object.keys(left).filter((name) => Object.hasOwn(right, name))
  const both = shared.map((name) => [name, { allOf: [left[name], right[name]] }])
  return { ...left, ...right, ...Object.fromEntries(both) }
}

function sharedTypes(left: unknown, right: unknown): string[] {
  const accepts = (type: unknown) =>
    new Set((listOf(type) ?? [type]).flatMap((name) => (name === 'number' ? ['integer', name] : [name])))
  const others = accepts(right)
  const shared = [...accepts(left)].filter((name) => others.has(name)).map(String)
  return shared.includes('number') ? shared.filter((name) => name !== 'integer') : shared
}

function tighter(keyword: string, left: number, right: number): number {
  return keyword.startsWith('max') || keyword === 'exclusiveMaximum' ? Math.min(left, right) : Math.max(left, right)
}

function lookUp(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) throw new DeadEnd()
  let found = root
  for (const part of decodeURIComponent(reference.slice(1)).split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(found)) found = found[Number(name)]
    else if (isSchema(found) && Object.hasOwn(found, name)) found = found[name]
    else throw new DeadEnd()
  }
  return found
}

function typeOf(schema: Schema): string {
  const { type } = schema
  if (typeof type === 'string') return type
  const types = listOf(type)?.map(String)
  if (types !== undefined) return types.find((candidate) => candidate !== 'null') ?? 'null'
  if ('properties' in schema || 'required' in schema || 'minProperties' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema || 'minItems' in schema) return 'array'
  return ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].some(
    (keyword) => keyword in schema,
  )
    ? 'number'
    : 'string'
}

function pick(values: readonly unknown[], variant: number): unknown {
  if (values.length === 0) throw new DeadEnd()
  return values[variant % values.length]
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}
