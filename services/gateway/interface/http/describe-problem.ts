import type { TSchema } from 'typebox'

export interface Problem {
  /** In the caller's own words: `messages[0].content`; empty for the whole. */
  readonly param: string
  /** A sentence that names the field and says what it must be; never the value, which may be a secret. */
  readonly message: string
}

/** The parts of JSON Schema that the gateway's own schemas use. */
interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

/** The first place where `value` departs from `schema`, or null when it fits. Runs after a compiled check has failed. */
export function describeProblem(schema: TSchema, value: unknown): Problem | null {
  return problemOf(schema as Schema, value, '')
}

function problemOf(schema: Schema, value: unknown, path: string): Problem | null {
  if (schema.anyOf !== undefined) return problemOfUnion(flattened(schema.anyOf), value, path)
  if ('const' in schema) return value === schema.const ? null : problem(path, `must be ${JSON.stringify(schema.const)}`)
  switch (schema.type) {
    case 'object':
      return isRecord(value) ? problemOfObject(schema, value, path) : problem(path, 'must be an object')
    case 'array':
      return Array.isArray(value) ? problemOfArray(schema, value, path) : problem(path, 'must be an array')
    case 'string':
      return typeof value === 'string' ? problemOfString(schema, value, path) : problem(path, 'must be a string')
    case 'number':
    case 'integer':
      return problemOfNumber(schema, value, path)
    case 'boolean':
      return typeof value === 'boolean' ? null : problem(path, 'must be true or false')
    case 'null':
      return value === null ? null : problem(path, 'must be null')
    default:
      return null
  }
}

/** A union within a union is one union to whoever reads about it. */
function flattened(branches: readonly Schema[]): Schema[] {
  return branches.flatMap((branch) => (branch.anyOf === undefined ? [branch] : flattened(branch.anyOf)))
}

/** Of several shapes, the one that was meant is the one whose tag the value has, or else the only one of its kind. */
function problemOfUnion(branches: readonly Schema[], value: unknown, path: string): Problem | null {
  const problems = branches.map((branch) => problemOf(branch, value, path))
  if (problems.includes(null)) return null
  const tag = isRecord(value) ? tagOf(branches) : null
  const meant = branches.findIndex((branch) => (tag === null ? isOfKind(branch, value) : hasTag(branch, value, tag)))
  const found = problems[meant] ?? null
  if (found !== null) return found
  if (tag === null) return problem(path, `must be ${listOf(branches.map(shapeOf))}`)
  const allowed = branches.flatMap((branch) => constantsOf(branch.properties?.[tag]))
  return problem(join(path, tag), `must be ${listOf(allowed.map((constant) => JSON.stringify(constant)))}`)
}

function isOfKind({ type, const: constant }: Schema, value: unknown): boolean {
  if (constant !== undefined) return false
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return typeof value === (type === 'integer' ? 'number' : type)
}

function hasTag(branch: Schema, value: unknown, tag: string): boolean {
  const constants = constantsOf(branch.properties?.[tag])
  const given = isRecord(value) ? value[tag] : undefined
  if (given === undefined) return constants.length > 0 && branch.required?.includes(tag) !== true
  return constants.includes(given)
}

/** The field by which the objects of a union are told apart. */
function tagOf(branches: readonly Schema[]): string | null {
  const objects = branches.filter((branch) => branch.type === 'object')
  if (objects.length < 2) return null
  const fields = Object.entries(objects[0]?.properties ?? {})
  return fields.find(([, schema]) => constantsOf(schema).length > 0)?.[0] ?? null
}

function constantsOf(schema: Schema | undefined): unknown[] {
  if (schema === undefined) return []
  if (schema.anyOf?.every((branch) => 'const' in branch) === true) return schema.anyOf.map((branch) => branch.const)
  return 'const' in schema ? [schema.const] : []
}

function problemOfObject(schema: Schema, value: Record<string, unknown>, path: string): Problem | null {
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) return { param: join(path, name), message: `${join(path, name)} is required.` }
  }
  if (schema.maxProperties !== undefined && Object.keys(value).length > schema.maxProperties) {
    return problem(path, `must have at most ${schema.maxProperties} entries`)
  }
  const patterns = Object.entries(schema.patternProperties ?? {})
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined) continue
    const own = schema.properties?.[name] ?? patterns.find(([pattern]) => new RegExp(pattern, 'u').test(name))?.[1]
    const found = own === undefined ? null : problemOf(own, entry, join(path, name))
    if (found !== null) return found
  }
  return null
}

function problemOfArray(schema: Schema, value: unknown[], path: string): Problem | null {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema
  if (value.length < minItems)
    return problem(path, `must have at least ${minItems} ${minItems === 1 ? 'entry' : 'entries'}`)
  if (value.length > maxItems) return problem(path, `must have at most ${maxItems} entries`)
  if (items === undefined) return null
  for (const [index, entry] of value.entries()) {
    const found = problemOf(items, entry, `${path}[${index}]`)
    if (found !== null) return found
  }
  return null
}

function problemOfString(schema: Schema, value: string, path: string): Problem | null {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema
  if (value.length < minLength)
    return problem(path, minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`)
  if (value.length > maxLength) return problem(path, `must have at most ${maxLength} characters`)
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return problem(path, `must match ${pattern}`)
  return null
}

function problemOfNumber(schema: Schema, value: unknown, path: string): Problem | null {
  const kind = schema.type === 'integer' ? 'a whole number' : 'a number'
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
  const fits = typeof value === 'number' && (schema.type !== 'integer' || Number.isInteger(value))
  if (fits && value >= minimum && value <= maximum) return null
  if (Number.isFinite(minimum) && Number.isFinite(maximum))
    return problem(path, `must be ${kind} from ${minimum} to ${maximum}`)
  if (Number.isFinite(minimum)) return problem(path, `must be ${kind} of at least ${minimum}`)
  return problem(path, `must be ${kind}`)
}

function shapeOf(schema: Schema): string {
  if ('const' in schema) return JSON.stringify(schema.const)
  switch (schema.type) {
    case 'object':
    case 'array':
    case 'integer':
      return `an ${schema.type}`
    case 'null':
      return 'null'
    default:
      return `a ${schema.type}`
  }
}

function listOf(choices: readonly string[]): string {
  const distinct = [...new Set(choices)]
  if (distinct.length < 2) return distinct.join('')
  return `${distinct.slice(0, -1).join(', ')} or ${distinct.at(-1)}`
}

function problem(path: string, what: string): Problem {
  return { param: path, message: `${path === '' ? 'The body' : path} ${what}.` }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
