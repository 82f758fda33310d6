import { AppError } from '@parley/chassis/values/errors.ts'
import { fillTemplate, splitTemplate, type TemplateParts, templateVariables } from '@parley/kernel/prompt-template.ts'

/** A template of the configuration. */
export interface PromptTemplate {
  readonly id: string
  readonly version: string | null
  readonly parts: TemplateParts
}

export function parseTemplate(id: string, entry: { text: string; version?: string | undefined }): PromptTemplate {
  return { id, version: entry.version ?? null, parts: splitTemplate(entry.text) }
}

/** Fills every placeholder. Throws INVALID_REQUEST for a variable that is missing or unknown. */
export function renderTemplate({ id, parts }: PromptTemplate, variables: Readonly<Record<string, string>>): string {
  const filled = fillTemplate(parts, variables)
  if (filled.status === 'filled') return filled.text
  const { status, name } = filled
  const problem = status === 'missing' ? `needs a value for the variable '${name}'` : `has no variable '${name}'`
  throw new AppError('INVALID_REQUEST', `The prompt template '${id}' ${problem}; ${listNames(parts)}.`, {
    param: `prompt.variables.${name}`,
  })
}

function listNames(parts: TemplateParts): string {
  const names = templateVariables(parts)
  return names.length === 0 ? 'it has none' : `it has: ${names.join(', ')}`
}
