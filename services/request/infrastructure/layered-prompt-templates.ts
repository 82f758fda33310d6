import { AppError } from '@parley/chassis/values/errors.ts'
import type { PromptTemplates } from '../application/ports.ts'

/** A template of `own`, or of `shared` when `own` has none with the id. */
export class LayeredPromptTemplates implements PromptTemplates {
  readonly #own: PromptTemplates
  readonly #shared: PromptTemplates

  constructor({ own, shared }: { own: PromptTemplates; shared: PromptTemplates }) {
    this.#own = own
    this.#shared = shared
  }

  render: PromptTemplates['render'] = async (context, prompt) => {
    try {
      return await this.#own.render(context, prompt)
    } catch (error) {
      const isAbsent = error instanceof AppError && error.code === 'TEMPLATE_NOT_FOUND' && error.param === 'prompt.id'
      if (!isAbsent) throw error
    }
    return this.#shared.render(context, prompt)
  }
}
