import type { CallContext } from '@parley/chassis/values/context.ts'
import type { RequestInput, SubmitRequest } from '../contract.ts'
import type { ModelCatalog, PromptTemplates, ResolvedModel, StoredResponses } from './ports.ts'

export type ResolveInput = (
  context: CallContext,
  submission: SubmitRequest,
  preferredModel: string | null,
) => Promise<ResolvedInput>

export interface ResolvedInput {
  readonly input: RequestInput
  readonly model: ResolvedModel
}

/**
 * Turns what was submitted into what will be run: the model by its id, the prompt template as text, the response to
 * continue from known to exist. Throws MODEL_NOT_FOUND, TEMPLATE_NOT_FOUND, PREVIOUS_RESPONSE_NOT_FOUND, INVALID_REQUEST.
 */
export function createResolveInput(ports: {
  models: ModelCatalog
  templates: PromptTemplates
  responses: StoredResponses
}): ResolveInput {
  const { models, templates, responses } = ports

  return async function resolveInput(context, submission, preferredModel) {
    const { idempotencyKey: _key, submissionId: _id, ...input } = submission
    const wanted = submission.model || preferredModel
    const model = wanted ? await models.resolve(context, wanted) : await models.defaultModel(context)
    input.model = model.id
    if (input.previousResponseId !== null) await responses.checkContinuable(context, input.previousResponseId)
    if (input.prompt === null) return { input, model }
    const rendered = await templates.render(context, input.prompt)
    input.instructions = input.instructions === null ? rendered : `${rendered}\n\n${input.instructions}`
    return { input, model }
  }
}
