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

export function createCalls(useCases: UseCases): CallsOf<typeof GptContract> {
  return {
    generate: useCases.generate,
    listModels: (context) => useCases.listModels(context),
    getModel: useCases.getModel,
    countTokens: useCases.countTokens,
    renderPrompt: useCases.renderPrompt,
  }
}
