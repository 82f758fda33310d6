import { EcsFlat } from '@elastic/ecs'

interface EcsField {
  readonly type: string
  readonly normalize?: readonly string[]
  readonly allowed_values?: readonly { readonly name: string }[]
}

/** Every field of the Elastic Common Schema, as its authors publish it. */
const fields = EcsFlat as unknown as Readonly<Record<string, EcsField>>

export type LogLine = Readonly<Record<string, unknown>>

/** The lines of a log that are JSON, which is all but what programs say to people on standard output. */
export function parseLines(output: string): LogLine[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine)
}

/** A line's fields with their whole names, however they are nested; what is Parley's own ends at `parley.<name>`. */
export function flatFields(line: LogLine, prefix = ''): [string, unknown][] {
  return Object.entries(line).flatMap(([name, value]): [string, unknown][] => {
    const path = prefix + name
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && !path.startsWith('parley.') ? flatFields(value as LogLine, `${path}.`) : [[path, value]]
  })
}

/** What is wrong with a line by the schema, in words; fields of our own must be below `parley.` or `labels.`. */
export function ecsProblems(line: LogLine): string[] {
  const required = ['@timestamp', 'message', 'log.level', 'ecs.version', 'service.name']
  const given = flatFields(line)
  const missing = required.filter((name) => given.every(([other]) => other !== name))
  return [...missing.map((name) => `${name} is missing`), ...given.flatMap(([name, value]) => problemOf(name, value))]
}

function problemOf(name: string, value: unknown): string[] {
  if (value === null) return []
  if (/^parley\.[a-z][a-z0-9_]*$/.test(name)) return []
  if (/^labels\.[a-z][a-z0-9_]*$/.test(name)) return typeof value === 'string' ? [] : [`${name} is not text`]
  const field = fields[name]
  if (field === undefined) return [`${name} is no field of the schema`]
  const values = field.normalize?.includes('array') === true && Array.isArray(value) ? value : [value]
  if (!values.every((one) => fits(field, one)))
    return [`${name} is ${JSON.stringify(value)}, and not of type ${field.type}`]
  return []
}

function fits({ type, allowed_values: allowed }: EcsField, value: unknown): boolean {
  switch (type) {
    case 'long':
    case 'integer':
      return Number.isInteger(value)
    case 'float':
    case 'scaled_float':
      return typeof value === 'number'
    case 'boolean':
      return typeof value === 'boolean'
    case 'date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    default:
      return typeof value === 'string' && (allowed === undefined || allowed.some(({ name }) => name === value))
  }
}
