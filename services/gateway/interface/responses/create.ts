import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Accepted, RequestInput } from '@parley/request/contract.ts'
import type { AwaitArrival } from '../../application/await-arrival.ts'
import { collectOutcome } from '../collect-outcome.ts'
import { fromFailure } from '../errors.ts'
import { withInterruptPolicy } from '../interrupt-header.ts'
import { defineRoute, json, type Route } from '../route.ts'
import { decodeResponsesRequest } from './decode-request.ts'
import {
  basisOf,
  encodeResponse,
  type ResponseBasis,
  type ResponseView,
  stateBeforeEnd,
  stateOf,
} from './encode-response.ts'
import { eventStream } from './event-stream.ts'
import type { ResponsesRoutesPorts } from './ports.ts'
import { resolveReferences } from './resolve-references.ts'
import { ResponseObject, ResponsesBody } from './schema.ts'

export function createRoute(ports: ResponsesRoutesPorts): Route {
  const { generate, awaitArrival, responses, newId } = ports
  return defineRoute({
    method: 'POST',
    path: '/v1/responses',
    summary: 'Create a response',
    scope: 'inference',
    body: ResponsesBody,
    responses: {
      200: {
        description: 'The response, or its events when `stream` is true; with `background`, as far as it has come.',
        body: ResponseObject,
        stream: 'Events of the response as server-sent events, then `[DONE]`.',
      },
    },
    async handle({ context, body, headers, idempotencyKey, onAccepted }) {
      const resolved = await resolveReferences(responses, context, body.input)
      const { input: asked, stream, background } = decodeResponsesRequest(body, resolved, newId)
      const input = withInterruptPolicy(asked, { headers, idempotencyKey })
      const key = idempotencyKey === null ? null : `responses:${idempotencyKey}`
      const { accepted, frames } = await generate(context, { input, idempotencyKey: key, onAccepted })
      if (background && !stream) {
        return json(encodeResponse(await inBackground({ ...ports, awaitArrival }, context, { accepted, input })))
      }
      const basis = await resolvedBasis(ports, context, { accepted, input })
      if (stream) return eventStream({ basis, frames, startingAfter: -1, earlyFailureAsStatus: !background })
      const outcome = await collectOutcome(frames)
      if (outcome.end.failure !== null) throw fromFailure(outcome.end.failure)
      return json(encodeResponse({ ...basis, ...stateOf(outcome) }))
    },
  })
}

interface Acceptance {
  accepted: Accepted
  input: RequestInput
}

async function inBackground(
  { awaitArrival, requests }: Pick<ResponsesRoutesPorts, 'requests'> & { awaitArrival: AwaitArrival },
  context: CallContext,
  { accepted, input }: Acceptance,
): Promise<ResponseView> {
  const { responseId, requestId, acceptedAt } = accepted
  const arrived = await awaitArrival(context, { responseId })
  if (arrived !== null) return arrived
  const resolved = await requests.getInput(context, { requestId }).catch(() => input)
  return {
    ...basisOf(accepted, resolved),
    ...stateBeforeEnd('queued', { createdAt: acceptedAt, model: resolved.model }),
  }
}

/** A prompt template becomes part of the instructions when it is accepted. */
export async function resolvedBasis(
  { requests, responses }: Pick<ResponsesRoutesPorts, 'requests' | 'responses'>,
  context: CallContext,
  { accepted, input }: Acceptance,
): Promise<ResponseBasis> {
  if (input.prompt === null) return basisOf(accepted, input)
  try {
    return basisOf(accepted, await requests.getInput(context, { requestId: accepted.requestId }))
  } catch (error) {
    // A repeated request may have settled long ago, and its input be forgotten.
    if (!(error instanceof AppError && error.code === 'REQUEST_NOT_FOUND')) throw error
    return responses.getResponse(context, { responseId: accepted.responseId })
  }
}
