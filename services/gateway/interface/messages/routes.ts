import { AppError } from '@parley/chassis/values/errors.ts'
import type { NewId } from '@parley/chassis/values/ids.ts'
import { Type } from 'typebox'
import type { Generate } from '../../application/generate.ts'
import type { GptClient } from '../../application/ports.ts'
import { withInterruptPolicy } from '../interrupt-header.ts'
import { answerOnce } from '../one-answer.ts'
import { defineRoute, json, type RequestHeaders, type Route } from '../route.ts'
import { sessionIdOf } from '../session-header.ts'
import { decodeConversation, decodeMessagesRequest, decodeNative } from './decode-request.ts'
import { decodeTools } from './decode-tools.ts'
import { MessageEventEncoder } from './encode-events.ts'
import { encodeMessage } from './encode-message.ts'
import { CountBody, Message, MessagesBody } from './schema.ts'

export interface MessagesRoutesPorts {
  generate: Generate
  models: Pick<GptClient, 'countTokens'>
  newId: NewId
}

/** Anthropic's Messages API, with any provider behind it. */
export function messagesRoutes(ports: MessagesRoutesPorts): Route[] {
  return [createRoute(ports), countRoute(ports)]
}

function createRoute({ generate, newId }: MessagesRoutesPorts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/messages',
    summary: 'Answer a list of messages, in the dialect of Anthropic',
    scope: 'inference',
    body: MessagesBody,
    responses: {
      200: {
        description: 'The message, or its events when `stream` is true.',
        body: Message,
        stream: 'Named events, from `message_start` to `message_stop`.',
      },
    },
    async handle({ context, body, headers, idempotencyKey, onAccepted }) {
      checkVersion(headers)
      const decoded = decodeMessagesRequest(body, {
        newId,
        sessionId: sessionIdOf(headers),
        passed: dialectHeaders(headers),
      })
      const { stream, thinking } = decoded
      const input = withInterruptPolicy(decoded.input, { headers, idempotencyKey })
      const key = idempotencyKey === null ? null : `messages:${idempotencyKey}`
      const { accepted, frames } = await generate(context, { input, idempotencyKey: key, onAccepted })
      const { responseId } = accepted
      const encoder = stream ? new MessageEventEncoder({ responseId, requestId: context.requestId, thinking }) : null
      return answerOnce(frames, { encoder, encodeWhole: (outcome) => encodeMessage({ responseId, thinking }, outcome) })
    },
  })
}

function countRoute({ models, newId }: MessagesRoutesPorts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/messages/count_tokens',
    summary: 'Count the input tokens of a list of messages',
    scope: 'inference',
    body: CountBody,
    responses: { 200: { description: 'The count.', body: Type.Object({ input_tokens: Type.Integer() }) } },
    async handle({ context, body, headers }) {
      checkVersion(headers)
      const { instructions, items } = decodeConversation(body, newId)
      const native = decodeNative(body, dialectHeaders(headers))
      const options = { ...decodeTools(body), ...(native !== null && { native }) }
      const { tokens } = await models.countTokens(context, { model: body.model, instructions, items, options })
      return json({ input_tokens: tokens })
    },
  })
}

/** What the headers ask of a provider that knows them. What no header can carry is left out. */
function dialectHeaders(headers: RequestHeaders): Record<string, string> {
  const passed: Record<string, string> = {}
  for (const name of ['anthropic-version', 'anthropic-beta']) {
    const given = headers[name]
    const text = Array.isArray(given) ? given.join(',') : given
    if (text !== undefined && /^[!-~ ]{1,2000}$/.test(text)) passed[name] = text
  }
  return passed
}

const versions: readonly string[] = ['2023-06-01', '2026-10-21']

function checkVersion(headers: RequestHeaders): void {
  const version = headers['anthropic-version']
  if (version === undefined || (typeof version === 'string' && versions.includes(version))) return
  throw new AppError('INVALID_REQUEST', `The header anthropic-version must be one of: ${versions.join(', ')}.`, {
    param: 'anthropic-version',
  })
}
