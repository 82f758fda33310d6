import { Type } from 'typebox'
import type { GptClient } from '../../application/ports.ts'
import { defineRoute, json, type RequestHeaders, type Route } from '../route.ts'
import { encodeAnthropicModel, encodeAnthropicModels, encodeModel } from './encode-models.ts'

const ModelObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer(),
  owned_by: Type.String(),
  parley: Type.Object({
    provider: Type.String(),
    provider_model: Type.String(),
    context_tokens_max: Type.Integer(),
  }),
})

/** OpenAI's and Anthropic's SDKs ask for models at the same paths; the header `anthropic-version` tells them apart. */
export function modelRoutes({ models }: { models: Pick<GptClient, 'listModels' | 'getModel'> }): Route[] {
  const list = defineRoute({
    method: 'GET',
    path: '/v1/models',
    summary: 'List the models',
    scope: 'inference',
    responses: {
      200: {
        description: 'All models, in the order in which they are looked up.',
        body: Type.Object({ object: Type.Literal('list'), data: Type.Array(ModelObject) }),
      },
    },
    async handle({ context, headers }) {
      const found = await models.listModels(context, {})
      if (isAnthropic(headers)) return json(encodeAnthropicModels(found.models))
      return json({ object: 'list', data: found.models.map(encodeModel) })
    },
  })
  const get = defineRoute({
    method: 'GET',
    path: '/v1/models/{model}',
    summary: 'Get a model',
    scope: 'inference',
    params: Type.Object({ model: Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]{1,256}$' }) }),
    responses: { 200: { description: 'The model.', body: ModelObject } },
    async handle({ context, params, headers }) {
      const model = await models.getModel(context, params)
      return json(isAnthropic(headers) ? encodeAnthropicModel(model) : encodeModel(model))
    },
  })
  return [list, get]
}

function isAnthropic(headers: RequestHeaders): boolean {
  return headers['anthropic-version'] !== undefined
}
