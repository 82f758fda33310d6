import type { Model } from '@parley/gpt/contract.ts'
import { toSeconds } from '../schemas.ts'

/** A model as OpenAI shows it, with where its name leads. */
export function encodeModel({ id, createdAt, provider, providerModel, contextTokensMax }: Model) {
  return {
    id,
    object: 'model',
    created: toSeconds(createdAt),
    owned_by: provider,
    parley: { provider, provider_model: providerModel ?? id, context_tokens_max: contextTokensMax },
  }
}

/** A model as Anthropic shows it. */
export function encodeAnthropicModel(model: Model) {
  const { id, createdAt } = model
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: new Date(createdAt).toISOString(),
    parley: encodeModel(model).parley,
  }
}

/** Anthropic's lists are pages; this one always fits into one. */
export function encodeAnthropicModels(models: readonly Model[]) {
  return {
    data: models.map(encodeAnthropicModel),
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
    has_more: false,
  }
}
