import type { PromptTemplateRef } from '@parley/kernel/generation.ts'
import type { ResponsesBody } from './schema.ts'

/** The template that a request names; its variables as text. */
export function decodePrompt(prompt: ResponsesBody['prompt']): PromptTemplateRef | null {
  if (prompt === null || prompt === undefined) return null
  const { id, version = null, variables } = prompt
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables ?? {})) {
    texts[name] = typeof value === 'string' ? value : value.text
  }
  return { id, version, variables: texts }
}
