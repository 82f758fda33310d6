import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import type { SchemaValidator } from '../application/ports.ts'

const schemasMax = 200

/**
 * Checks against JSON Schema 2020-12. A schema that cannot be compiled is not checked: the provider may well understand
 * it. `pattern` comes from callers and runs on a matcher whose time is linear in the text.
 */
export class AjvSchemaValidator implements SchemaValidator {
  /** Null for a schema that cannot be compiled. */
  readonly #compiled = new LRUCache<string, { validate: ValidateFunction | null }>({ max: schemasMax })

  problem: SchemaValidator['problem'] = (schema, value) => {
    const { validate } = this.#compile(schema)
    if (validate === null || validate(value)) return null
    const [error] = validate.errors ?? []
    return error === undefined ? 'it does not fit' : `${error.instancePath || 'the value'} ${error.message}`
  }

  #compile(schema: Record<string, unknown>): { validate: ValidateFunction | null } {
    const key = JSON.stringify(schema)
    const known = this.#compiled.get(key)
    if (known !== undefined) return known
    const compiled = { validate: compileOrNull(schema) }
    this.#compiled.set(key, compiled)
    return compiled
  }
}

function compileOrNull(schema: Record<string, unknown>): ValidateFunction | null {
  try {
    return new Ajv2020({
      strict: false,
      logger: false,
      validateFormats: false,
      code: { regExp: Object.assign(linearRegExp, { code: 'linearRegExp' }) },
    }).compile(schema)
  } catch {
    return null
  }
}

/** The compiler tells patterns apart by their text form. */
function linearRegExp(pattern: string): { test(text: string): boolean; toString(): string } {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern }
}
