import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { Response } from '@parley/response/contract.ts'
import { Type } from 'typebox'
import type { ResponseClient } from '../../application/ports.ts'
import { encodePublishedList, Limit, Order, PublishedListOf, toOrderedPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { checkMetadata, Id, Metadata } from '../schemas.ts'
import { encodeStoredCompletion, encodeStoredMessages } from './encode-stored.ts'
import { completionId } from './encode-usage.ts'
import { ChatCompletion } from './schema.ts'

const list = '/v1/chat/completions'
const path = '/v1/chat/completions/{completion_id}'
const Params = Type.Object({ completion_id: Id })
const responses = { 200: { description: 'The completion.', body: ChatCompletion } }

type Port = { responses: ResponseClient }

/** Completions that were created with `store: true`. */
export function storedCompletionRoutes(ports: Port): Route[] {
  return [listRoute(ports), getRoute(ports), updateRoute(ports), deleteRoute(ports), messagesRoute(ports)]
}

function listRoute({ responses: client }: Port): Route {
  return defineRoute({
    method: 'GET',
    path: list,
    summary: 'List the stored chat completions',
    scope: 'inference',
    query: Type.Object({
      after: Type.Optional(Id),
      limit: Limit,
      order: Order,
      model: Type.Optional(Type.String({ maxLength: 256 })),
      metadata: Type.Optional(Metadata),
    }),
    responses: {
      200: { description: 'The oldest first, unless `order` is `desc`.', body: PublishedListOf(ChatCompletion) },
    },
    async handle({ context, query }) {
      const { model, metadata, after, ...position } = query
      const page = await client.listCompletions(context, {
        ...toOrderedPage(position, 'asc'),
        ...(after !== undefined && { after: responseIdOf(after) }),
        ...(model !== undefined && { model }),
        ...(metadata !== undefined && { metadata }),
      })
      const idOf = ({ responseId }: Response) => completionId(responseId)
      return json(encodePublishedList(page, { idOf, encode: encodeStoredCompletion }))
    },
  })
}

function getRoute({ responses: client }: Port): Route {
  return defineRoute({
    method: 'GET',
    path,
    summary: 'Get a stored chat completion',
    scope: 'inference',
    params: Params,
    responses,
    async handle({ context, params }) {
      return json(encodeStoredCompletion(await findCompletion(client, context, params.completion_id)))
    },
  })
}

function updateRoute({ responses: client }: Port): Route {
  return defineRoute({
    method: 'POST',
    path,
    summary: 'Change the metadata of a stored chat completion',
    scope: 'inference',
    params: Params,
    body: Type.Object({ metadata: Type.Union([Metadata, Type.Null()]) }),
    responses,
    async handle({ context, params, body }) {
      const metadata = checkMetadata(body.metadata)
      const { responseId } = await findCompletion(client, context, params.completion_id)
      return json(encodeStoredCompletion(await client.updateMetadata(context, { responseId, metadata })))
    },
  })
}

function deleteRoute({ responses: client }: Port): Route {
  return defineRoute({
    method: 'DELETE',
    path,
    summary: 'Delete a stored chat completion',
    scope: 'inference',
    params: Params,
    responses: {
      200: {
        description: 'It is gone.',
        body: Type.Object({
          object: Type.Literal('chat.completion.deleted'),
          id: Type.String(),
          deleted: Type.Literal(true),
        }),
      },
    },
    async handle({ context, params }) {
      const { responseId } = await findCompletion(client, context, params.completion_id)
      await client.deleteResponse(context, { responseId })
      return json({ object: 'chat.completion.deleted', id: completionId(responseId), deleted: true })
    },
  })
}

const Message = Type.Object({
  id: Type.String(),
  role: Type.String(),
  content: Type.Union([Type.String(), Type.Null()]),
  refusal: Type.Union([Type.String(), Type.Null()]),
})

function messagesRoute({ responses: client }: Port): Route {
  return defineRoute({
    method: 'GET',
    path: `${path}/messages`,
    summary: 'List the messages that a stored chat completion answers',
    scope: 'inference',
    params: Params,
    query: Type.Object({ after: Type.Optional(Id), limit: Limit, order: Order }),
    responses: {
      200: { description: 'The first one first, unless `order` is `desc`.', body: PublishedListOf(Message) },
    },
    async handle({ context, params, query }) {
      const { after, limit, order } = toOrderedPage(query, 'asc')
      const { responseId } = await findCompletion(client, context, params.completion_id)
      const messages = encodeStoredMessages(await allInputItems(client, context, responseId))
      const ordered = order === 'asc' ? messages : messages.toReversed()
      const start = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1
      if (after !== undefined && start === 0) {
        throw new AppError('ITEM_NOT_FOUND', 'The completion has no message with the id in after.', { param: 'after' })
      }
      const page = { data: ordered.slice(start, start + limit), hasMore: ordered.length > start + limit }
      return json(encodePublishedList(page, { idOf: ({ id }) => id, encode: (message) => message }))
    },
  })
}

const inputPageItems = 100

async function allInputItems(client: ResponseClient, context: CallContext, responseId: string): Promise<Item[]> {
  const items: Item[] = []
  while (true) {
    const after = items.at(-1)?.id
    const query = { responseId, limit: inputPageItems, order: 'asc' as const, ...(after !== undefined && { after }) }
    const { data, hasMore } = await client.listInputItems(context, query)
    items.push(...data)
    if (!hasMore || data.length === 0) return items
  }
}

/** Only what came in as a chat completion is one; everything else is as good as absent. */
async function findCompletion(client: ResponseClient, context: CallContext, id: string): Promise<Response> {
  const response = await client.getResponse(context, { responseId: responseIdOf(id) })
  if (response.options.native?.dialect === 'chat') return response
  throw notFound()
}

function responseIdOf(id: string): string {
  const match = /^chatcmpl-([0-9a-f]{32})$/.exec(id)
  if (match === null) throw notFound()
  return `resp_${match[1]}`
}

function notFound(): AppError {
  return new AppError('RESPONSE_NOT_FOUND', 'There is no response with this id.')
}
