import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { ConfigFile } from './config-file-schema.ts'
import { nearestName } from './nearest-name.ts'

const validator = Compile(ConfigFile)

/** What of a configuration file does not fit, by the path of the field and without its value. */
export function fileProblems(fileName: string, content: unknown): string[] {
  if (validator.Check(content)) return []
  const errors = validator.Errors(content)
  const told = errors.filter((error) => !isPartOfAnother(error, errors))
  return told.map((error) => `${fileName}: ${describe(error)}`)
}

function describe({ keyword, instancePath, schemaPath, message }: TLocalizedValidationError): string {
  const names = instancePath.split('/').slice(1).map(toName)
  const field = names.length === 0 ? 'it' : names.join('.')
  if (keyword === 'boolean') {
    const name = names.at(-1) ?? ''
    const nearest = nearestName(name, namesAt(schemaPath))
    return `${field} is not known${nearest === null ? '' : `: did you mean ${nearest}?`}`
  }
  if (keyword === 'anyOf') return `${field} must be text, a number or true or false`
  return `${field} ${message}`
}

/** An unknown field is told by itself, and a union as a whole. */
function isPartOfAnother(error: TLocalizedValidationError, errors: readonly TLocalizedValidationError[]): boolean {
  if (error.keyword === 'additionalProperties') return true
  return errors.some(
    ({ keyword, schemaPath }) => keyword === 'anyOf' && error.schemaPath.startsWith(`${schemaPath}/anyOf/`),
  )
}

/** The field names that the schema knows beside an unknown one. */
function namesAt(schemaPath: string): string[] {
  const steps = schemaPath.split('/').slice(1, -1).map(toName)
  const schema = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], ConfigFile)
  return Object.keys((schema as { properties?: object } | undefined)?.properties ?? {})
}

function toName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}
