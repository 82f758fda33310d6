import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Frame } from '@parley/kernel/frames.ts'
import type { Accepted, RequestInput } from '@parley/request/contract.ts'
import { type Static, Type } from 'typebox'
import type { FollowResponse } from '../../application/follow-response.ts'
import type { Generate } from '../../application/generate.ts'
import type { RequestClient, ResponseClient } from '../../application/ports.ts'
import { collectOutcome } from '../collect-outcome.ts'
import { fromFailure } from '../errors.ts'
import { defineRoute, type EventStreamAnswer, json, type Route } from '../route.ts'
import { Id, invalid, JsonObject, Limit, ListOf, Order, pageLimitDefault, toList } from '../schemas.ts'
import { decodeResponsesRequest } from './decode-request.ts'
import { ResponseEventEncoder } from './encode-events.ts'
import { encodeItem } from './encode-items.ts'
import { basisOf, encodeResponse, type ResponseBasis, stateOf } from './encode-response.ts'
import { DeletedResponse, ResponseObject, ResponsesBody } from './schema.ts'

export interface ResponsesRoutesPorts {
  generate: Generate
  followResponse: FollowResponse
  requests: Pick<RequestClient, 'getInput'>
  responses: ResponseClient
  newId: NewId
}

const Params = Type.Object({ response_id: Id })
const Include = Type.Optional(Type.Array(Type.String()))
const path = '/v1/responses/{response_id}'
const responses = { 200: { description: 'The response.', body: ResponseObject } }

export function responsesRoutes(ports: ResponsesRoutesPorts): Route[] {
  return [createRoute(ports), getRoute(ports), cancelRoute(ports), deleteRoute(ports), inputItemsRoute(ports)]
}

function createRoute({ generate, requests, responses: client, newId }: ResponsesRoutesPorts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/responses',
    summary: 'Create a response',
    scope: 'inference',
    body: ResponsesBody,
    responses: {
      200: {
        description: 'The response, or its events when `stream` is true.',
        body: ResponseObject,
        stream: 'Events of the response as server-sent events, then `[DONE]`.',
      },
    },
    async handle({ context, body, idempotencyKey, onAccepted }) {
      const { input, stream } = decodeResponsesRequest(body, newId)
      const key = idempotencyKey === null ? null : `responses:${idempotencyKey}`
      const { accepted, frames } = await generate(context, { input, idempotencyKey: key, onAccepted })
      const basis = await resolvedBasis(context, accepted, input)
      if (stream) return eventStream({ basis, frames, startingAfter: -1, earlyFailureAsStatus: true })
      const outcome = await collectOutcome(frames)
      if (outcome.end.failure !== null) throw fromFailure(outcome.end.failure)
      return json(encodeResponse({ ...basis, ...stateOf(outcome) }))
    },
  })

  /** A prompt template becomes part of the instructions when it is accepted. */
  async function resolvedBasis(context: CallContext, accepted: Accepted, input: RequestInput): Promise<ResponseBasis> {
    if (input.prompt === null) return basisOf(accepted, input)
    try {
      return basisOf(accepted, await requests.getInput(context, { requestId: accepted.requestId }))
    } catch (error) {
      // A repeated request may have settled long ago, and its input be forgotten.
      if (!(error instanceof AppError && error.code === 'REQUEST_NOT_FOUND')) throw error
      return client.getResponse(context, { responseId: accepted.responseId })
    }
  }
}

const RetrieveQuery = Type.Object({
  stream: Type.Optional(Type.Boolean()),
  starting_after: Type.Optional(Type.Integer({ minimum: 0 })),
  include: Include,
  include_obfuscation: Type.Optional(Type.Boolean()),
})

function getRoute({ responses: client, followResponse }: ResponsesRoutesPorts): Route {
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

interface StreamOptions {
  basis: ResponseBasis
  frames: AsyncIterable<Frame>
  startingAfter: number
  earlyFailureAsStatus: boolean
}

/** A break is told by breaking the connection: the response may still be running, and can be taken up again. */
function eventStream({ basis, frames, startingAfter, earlyFailureAsStatus }: StreamOptions): EventStreamAnswer {
  const encoder = new ResponseEventEncoder({ basis, startingAfter })
  return {
    kind: 'event-stream',
    frames,
    encode: (frame) => encoder.encode(frame),
    encodeBreak: () => null,
    earlyFailureAsStatus,
  }
}

function cancelRoute({ responses: client }: ResponsesRoutesPorts): Route {
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

function deleteRoute({ responses: client }: ResponsesRoutesPorts): Route {
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

function inputItemsRoute({ responses: client }: ResponsesRoutesPorts): Route {
  return defineRoute({
    method: 'GET',
    path: `${path}/input_items`,
    summary: 'List the input of a response, newest first unless `order` is `asc`',
    scope: 'inference',
    params: Params,
    query: Type.Object({ limit: Limit, order: Order, after: Type.Optional(Id), include: Include }),
    responses: { 200: { description: 'A page of items.', body: ListOf(JsonObject) } },
    async handle({ context, params, query }) {
      const { limit = pageLimitDefault, order = 'desc', after } = query
      const page = await client.listInputItems(context, {
        responseId: params.response_id,
        limit,
        order,
        ...(after !== undefined && { after }),
      })
      return json({ ...toList(page.data, page.hasMore, (item) => item.id), data: page.data.map(encodeItem) })
    },
  })
}
