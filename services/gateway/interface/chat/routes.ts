import type { NewId } from '@parley/chassis/values/ids.ts'
import type { Generate } from '../../application/generate.ts'
import type { ResponseClient } from '../../application/ports.ts'
import { withInterruptPolicy } from '../interrupt-header.ts'
import { answerOnce } from '../one-answer.ts'
import { defineRoute, type Route } from '../route.ts'
import { sessionIdOf } from '../session-header.ts'
import { decodeChatRequest } from './decode-request.ts'
import { ChunkEncoder } from './encode-chunks.ts'
import { encodeCompletion } from './encode-completion.ts'
import { ChatBody, ChatCompletion } from './schema.ts'
import { storedCompletionRoutes } from './stored-routes.ts'

export interface ChatRoutesPorts {
  generate: Generate
  responses: ResponseClient
  newId: NewId
}

export function chatRoutes({ generate, responses: client, newId }: ChatRoutesPorts): Route[] {
  const createCompletion = defineRoute({
    method: 'POST',
    path: '/v1/chat/completions',
    summary: 'Answer a list of messages',
    scope: 'inference',
    body: ChatBody,
    responses: {
      200: {
        description: 'The completion, or its chunks when `stream` is true.',
        body: ChatCompletion,
        stream: 'Chunks of the completion as server-sent events, then `[DONE]`.',
      },
    },
    async handle({ context, body, headers, idempotencyKey, onAccepted }) {
      const {
        input: decoded,
        stream,
        includeUsage,
      } = decodeChatRequest(body, { newId, sessionId: sessionIdOf(headers) })
      const input = withInterruptPolicy(decoded, { headers, idempotencyKey })
      const key = idempotencyKey === null ? null : `chat:${idempotencyKey}`
      const { accepted, frames } = await generate(context, { input, idempotencyKey: key, onAccepted })
      const { responseId } = accepted
      const encoder = stream ? new ChunkEncoder({ responseId, requestId: context.requestId, includeUsage }) : null
      return answerOnce(frames, { encoder, encodeWhole: (outcome) => encodeCompletion(responseId, outcome) })
    },
  })
  return [createCompletion, ...storedCompletionRoutes({ responses: client })]
}
