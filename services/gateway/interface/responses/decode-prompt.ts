import type { PromptTemplateRef } from '@parley/kernel/generation.ts'
import { invalid } from '../schemas.ts'
import type { ResponsesBody } from './schema.ts'

/** The template that a request names; its variables as text. Throws INVALID_REQUEST. */
export function decodePrompt(prompt: ResponsesBody['prompt']): PromptTemplateRef | null {
  if (prompt === null || prompt === undefined) return null
  const { id, version = null, variables } = prompt
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables ?? {})) {
    texts[name] = textOf(value)
  }
  return { id, version, variables: texts }
}

/** Names with line breaks slip through the schema's pattern, and what is under them unchecked. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string')
    return value.text
  throw invalid('prompt.variables', 'The values of prompt.variables must be strings or input_text parts.')
}
