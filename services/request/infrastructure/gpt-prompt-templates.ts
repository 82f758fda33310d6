import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { GptContract } from '@parley/gpt/contract.ts'
import type { PromptTemplates } from '../application/ports.ts'

export class GptPromptTemplates implements PromptTemplates {
  readonly #gpt: Pick<CallsOf<typeof GptContract>, 'renderPrompt'>

  constructor(gpt: Pick<CallsOf<typeof GptContract>, 'renderPrompt'>) {
    this.#gpt = gpt
  }

  render: PromptTemplates['render'] = async (context, prompt) =>
    (await this.#gpt.renderPrompt(context, prompt)).instructions
}
