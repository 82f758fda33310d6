import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Session } from '@parley/session/contract.ts'
import { Type } from 'typebox'
import type { SessionClient } from '../../application/ports.ts'
import { encodePublishedList, Limit, Order, PublishedListOf, toOrderedPage } from '../lists.ts'
import { decodeItems } from '../responses/decode-items.ts'
import { encodeItem, itemCodec } from '../responses/encode-items.ts'
import { WholeItem } from '../responses/schema.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { checkMetadata, Id, JsonObject, Maybe, Metadata, Nullable, toSeconds } from '../schemas.ts'

export interface ConversationRoutesPorts {
  sessions: SessionClient
  newId: NewId
}

const itemsPerCreateMax = 20
const Params = Type.Object({ conversation_id: Id })
const ItemParams = Type.Object({ conversation_id: Id, item_id: Id })
const Include = Type.Optional(Type.Array(Type.String()))

const Conversation = Type.Object({
  id: Type.String(),
  object: Type.Literal('conversation'),
  created_at: Type.Integer(),
  metadata: Metadata,
})
const DeletedConversation = Type.Object({
  id: Type.String(),
  object: Type.Literal('conversation.deleted'),
  deleted: Type.Boolean(),
})
const oneConversation = { 200: { description: 'The conversation.', body: Conversation } }
const oneItem = { 200: { description: 'The item.', body: JsonObject } }
const someItems = { 200: { description: 'Items.', body: PublishedListOf(JsonObject) } }

const path = '/v1/conversations/{conversation_id}'

export function conversationRoutes(ports: ConversationRoutesPorts): Route[] {
  return [...lifecycleRoutes(ports), ...itemRoutes(ports)]
}

function lifecycleRoutes({ sessions, newId }: ConversationRoutesPorts): Route[] {
  const create = defineRoute({
    method: 'POST',
    path: '/v1/conversations',
    summary: 'Start a conversation',
    scope: 'sessions',
    body: Type.Object({
      items: Maybe(Type.Array(WholeItem, { maxItems: itemsPerCreateMax })),
      metadata: Maybe(Metadata),
    }),
    bodyOptional: true,
    responses: oneConversation,
    async handle({ context, body }) {
      const metadata = checkMetadata(body.metadata)
      const items = decodeItems(body.items ?? [], newId)
      return json(encodeConversation(await sessions.createSession(context, { metadata, items })))
    },
  })
  const get = defineRoute({
    method: 'GET',
    path,
    summary: 'Get a conversation',
    scope: 'sessions',
    params: Params,
    responses: oneConversation,
    async handle({ context, params }) {
      return json(encodeConversation(await sessions.getSession(context, { sessionId: params.conversation_id })))
    },
  })
  const update = defineRoute({
    method: 'POST',
    path,
    summary: 'Replace the metadata of a conversation',
    scope: 'sessions',
    params: Params,
    body: Type.Object({ metadata: Nullable(Metadata) }),
    responses: oneConversation,
    async handle({ context, params, body }) {
      const metadata = checkMetadata(body.metadata)
      const session = await sessions.updateSession(context, { sessionId: params.conversation_id, metadata })
      return json(encodeConversation(session))
    },
  })
  const remove = defineRoute({
    method: 'DELETE',
    path,
    summary: 'Delete a conversation and its items',
    scope: 'sessions',
    params: Params,
    responses: { 200: { description: 'It is gone.', body: DeletedConversation } },
    async handle({ context, params }) {
      await sessions.deleteSession(context, { sessionId: params.conversation_id })
      return json({ id: params.conversation_id, object: 'conversation.deleted', deleted: true })
    },
  })
  return [create, get, update, remove]
}

function itemRoutes({ sessions, newId }: ConversationRoutesPorts): Route[] {
  const create = defineRoute({
    method: 'POST',
    path: `${path}/items`,
    summary: 'Add items to a conversation',
    scope: 'sessions',
    params: Params,
    query: Type.Object({ include: Include }),
    body: Type.Object({ items: Type.Array(WholeItem, { minItems: 1, maxItems: itemsPerCreateMax }) }),
    responses: someItems,
    async handle({ context, params, body }) {
      const items = decodeItems(body.items, newId)
      const added = await sessions.appendItems(context, { sessionId: params.conversation_id, items })
      return json(encodePublishedList({ data: added.items, hasMore: false }, itemCodec))
    },
  })
  const list = defineRoute({
    method: 'GET',
    path: `${path}/items`,
    summary: 'List the items of a conversation, newest first unless `order` is `asc`',
    scope: 'sessions',
    params: Params,
    query: Type.Object({ limit: Limit, order: Order, after: Type.Optional(Id), include: Include }),
    responses: someItems,
    async handle({ context, params, query }) {
      const wanted = { sessionId: params.conversation_id, ...toOrderedPage(query, 'desc') }
      return json(encodePublishedList(await sessions.listItems(context, wanted), itemCodec))
    },
  })
  const get = defineRoute({
    method: 'GET',
    path: `${path}/items/{item_id}`,
    summary: 'Get an item of a conversation',
    scope: 'sessions',
    params: ItemParams,
    query: Type.Object({ include: Include }),
    responses: oneItem,
    async handle({ context, params }) {
      const { conversation_id: sessionId, item_id: itemId } = params
      return json(encodeItem(await sessions.getItem(context, { sessionId, itemId })))
    },
  })
  const remove = defineRoute({
    method: 'DELETE',
    path: `${path}/items/{item_id}`,
    summary: 'Take an item out of a conversation',
    scope: 'sessions',
    params: ItemParams,
    responses: oneConversation,
    async handle({ context, params }) {
      const { conversation_id: sessionId, item_id: itemId } = params
      return json(encodeConversation(await sessions.deleteItem(context, { sessionId, itemId })))
    },
  })
  return [create, list, get, remove]
}

function encodeConversation({ sessionId, createdAt, metadata }: Session): object {
  return { id: sessionId, object: 'conversation', created_at: toSeconds(createdAt), metadata }
}
