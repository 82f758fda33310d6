import { AppError } from '@parley/chassis/values/errors.ts'

/** Text with `{{name}}` placeholders. Its variables are the placeholders: there is no second list to keep in step. */
export interface PromptTemplate {
  readonly id: string
  readonly version: string | null
  /** Text and placeholders in turn, starting and ending with text. */
  readonly parts: readonly string[]
}

const placeholderPattern = /\{\{\s*([A-Za-z_][A-Za-z0-9_.-]{0,63})\s*\}\}/

export function parseTemplate(id: string, entry: { text: string; version?: string | undefined }): PromptTemplate {
  return { id, version: entry.version ?? null, parts: entry.text.split(placeholderPattern) }
}

/** The names of the placeholders, each once. */
export function templateVariables(template: PromptTemplate): string[] {
  return [...new Set(template.parts.filter((_part, index) => index % 2 === 1))]
}

/**
 * Fills every placeholder. Values are put in as they are: placeholders inside a value stay text. Throws INVALID_REQUEST
 * for a variable that is missing or unknown.
 */
export function renderTemplate(template: PromptTemplate, variables: Readonly<Record<string, string>>): string {
  const names = templateVariables(template)
  for (const name of Object.keys(variables)) {
    if (!names.includes(name)) throw wrongVariable(template, name, `has no variable '${name}'; ${listNames(names)}`)
  }
  return template.parts
    .map((part, index) => {
      if (index % 2 === 0) return part
      const value = Object.hasOwn(variables, part) ? variables[part] : undefined
      if (value === undefined) throw wrongVariable(template, part, `needs a value for the variable '${part}'`)
      return value
    })
    .join('')
}

function wrongVariable(template: PromptTemplate, name: string, problem: string): AppError {
  return new AppError('INVALID_REQUEST', `The prompt template '${template.id}' ${problem}.`, {
    param: `prompt.variables.${name}`,
  })
}

function listNames(names: readonly string[]): string {
  return names.length === 0 ? 'it has none' : `it has: ${names.join(', ')}`
}
