import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { createCountTokens } from '../application/count-tokens.ts'
import type { createGenerate } from '../application/generate.ts'
import type { createGetModel, createListModels } from '../application/list-models.ts'
import type { createRenderPrompt } from '../application/render-prompt.ts'
import type { GptContract } from '../contract.ts'

export interface UseCases {
  readonly generate: ReturnType<typeof createGenerate>
  readonly listModels: ReturnType<typeof createListModels>
  readonly getModel: ReturnType<typeof createGetModel>
  readonly countTokens: ReturnType<typeof createCountTokens>
  readonly renderPrompt: ReturnType<typeof createRenderPrompt>
}

/** Each call goes by the use cases of the moment at which it is made: the configuration may change in between. */
export function createCalls(current: () => UseCases): CallsOf<typeof GptContract> {
  return {
    generate: (context, command) => current().generate(context, command),
    listModels: (context) => current().listModels(context),
    getModel: (context, input) => current().getModel(context, input),
    countTokens: (context, conversation) => current().countTokens(context, conversation),
    renderPrompt: (context, prompt) => current().renderPrompt(context, prompt),
  }
}
