import type { Model } from '@parley/gpt/contract.ts'
import { Type } from 'typebox'
import type { GptClient } from '../../application/ports.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { toSeconds } from '../schemas.ts'

const ModelObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer(),
  owned_by: Type.String(),
})

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
    async handle({ context }) {
      const found = await models.listModels(context, {})
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
    async handle({ context, params }) {
      return json(encodeModel(await models.getModel(context, params)))
    },
  })
  return [list, get]
}

function encodeModel({ id, createdAt, provider }: Model): object {
  return { id, object: 'model', created: toSeconds(createdAt), owned_by: provider }
}
