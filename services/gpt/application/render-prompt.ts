import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { PromptTemplateRef } from '@parley/kernel/generation.ts'
import { type PromptTemplate, renderTemplate } from '../domain/prompt-template.ts'

/** Fills a configured template. Throws TEMPLATE_NOT_FOUND for an id or a version that is not there, INVALID_REQUEST. */
export function createRenderPrompt({ templates }: { templates: ReadonlyMap<string, PromptTemplate> }) {
  return async function renderPrompt(
    _context: CallContext,
    { id, version, variables }: PromptTemplateRef,
  ): Promise<{ instructions: string }> {
    const template = templates.get(id)
    if (template === undefined) {
      throw new AppError('TEMPLATE_NOT_FOUND', `There is no prompt template '${id.slice(0, 100)}'.`, {
        param: 'prompt.id',
      })
    }
    if (typeof version === 'string' && version !== template.version) {
      const there = template.version === null ? 'it has no version' : `its version is '${template.version}'`
      throw new AppError(
        'TEMPLATE_NOT_FOUND',
        `The prompt template '${id}' has no version '${version.slice(0, 100)}'; ${there}.`,
        { param: 'prompt.version' },
      )
    }
    return { instructions: renderTemplate(template, variables ?? {}) }
  }
}
