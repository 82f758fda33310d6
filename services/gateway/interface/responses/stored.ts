import { type Static, Type } from 'typebox'
import type { FollowResponse } from '../../application/follow-response.ts'
import type { ResponseClient } from '../../application/ports.ts'
import { encodePublishedList, Limit, Order, PublishedListOf, toOrderedPage } from '../lists.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { Id, invalid, JsonObject } from '../schemas.ts'
import { itemCodec } from './encode-items.ts'
import { encodeResponse } from './encode-response.ts'
import { eventStream } from './event-stream.ts'
import { DeletedResponse, ResponseObject } from './schema.ts'

interface StoredPorts {
  followResponse: FollowResponse
  responses: ResponseClient
}

const Params = Type.Object({ response_id: Id })
const Include = Type.Optional(Type.Array(Type.String()))
const path = '/v1/responses/{response_id}'
const responses = { 200: { description: 'The response.', body: ResponseObject } }

/** What can be done with a response that was stored. */
export function storedRoutes(ports: StoredPorts): Route[] {
  return [getRoute(ports), cancelRoute(ports), deleteRoute(ports), inputItemsRoute(ports)]
}

const RetrieveQuery = Type.Object({
  stream: Type.Optional(Type.Boolean()),
  starting_after: Type.Optional(Type.Integer({ minimum: 0 })),
  include: Include,
  include_obfuscation: Type.Optional(Type.Boolean()),
})

function getRoute({ responses: client, followResponse }: StoredPorts): Route {
  return defineRoute({
    method: 'GET',
    path,
    summary: 'Get a response, or follow it from any event on',
    scope: 'inference',
    params: Params,
    query: RetrieveQuery,
    responses: {
      200: {
        description: 'The response, or its events when `stream` is true.',
        body: ResponseObject,
        stream: 'Events after `starting_after`, from the first on without it; live while the response runs.',
      },
    },
    async handle({ context, params, query }) {
      const { stream = false, starting_after: startingAfter }: Static<typeof RetrieveQuery> = query
      if (!stream && startingAfter !== undefined) throw invalid('starting_after', 'starting_after needs stream=true.')
      const responseId = params.response_id
      const response = await client.getResponse(context, { responseId })
      if (!stream) return json(encodeResponse(response))
      const frames = followResponse(context, { responseId, waitMs: 0 })
      return eventStream({
        basis: response,
        frames,
        startingAfter: startingAfter ?? -1,
        earlyFailureAsStatus: false,
      })
    },
  })
}

function cancelRoute({ responses: client }: StoredPorts): Route {
  return defineRoute({
    method: 'POST',
    path: `${path}/cancel`,
    summary: 'Stop a response that is running; one that has ended stays as it is',
    scope: 'inference',
    params: Params,
    responses,
    async handle({ context, params }) {
      return json(encodeResponse(await client.cancel(context, { responseId: params.response_id })))
    },
  })
}

function deleteRoute({ responses: client }: StoredPorts): Route {
  return defineRoute({
    method: 'DELETE',
    path,
    summary: 'Delete a response',
    scope: 'inference',
    params: Params,
    responses: { 200: { description: 'It is gone.', body: DeletedResponse } },
    async handle({ context, params }) {
      await client.deleteResponse(context, { responseId: params.response_id })
      return json({ id: params.response_id, object: 'response', deleted: true })
    },
  })
}

function inputItemsRoute({ responses: client }: StoredPorts): Route {
  return defineRoute({
    method: 'GET',
    path: `${path}/input_items`,
    summary: 'List the input of a response, newest first unless `order` is `asc`',
    scope: 'inference',
    params: Params,
    query: Type.Object({ limit: Limit, order: Order, after: Type.Optional(Id), include: Include }),
    responses: { 200: { description: 'A page of items.', body: PublishedListOf(JsonObject) } },
    async handle({ context, params, query }) {
      const wanted = { responseId: params.response_id, ...toOrderedPage(query, 'desc') }
      return json(encodePublishedList(await client.listInputItems(context, wanted), itemCodec))
    },
  })
}
