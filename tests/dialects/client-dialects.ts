import type { Frame } from '@parley/kernel/frames.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import { decodeChatRequest } from '../../services/gateway/interface/chat/decode-request.ts'
import { ChunkEncoder } from '../../services/gateway/interface/chat/encode-chunks.ts'
import { encodeCompletion } from '../../services/gateway/interface/chat/encode-completion.ts'
import type { ChatBody } from '../../services/gateway/interface/chat/schema.ts'
import { decodeMessagesRequest } from '../../services/gateway/interface/messages/decode-request.ts'
import { MessageEventEncoder } from '../../services/gateway/interface/messages/encode-events.ts'
import { encodeMessage } from '../../services/gateway/interface/messages/encode-message.ts'
import type { MessagesBody } from '../../services/gateway/interface/messages/schema.ts'
import type { Outcome } from '../../services/gateway/interface/output-accumulator.ts'
import { decodeResponsesRequest } from '../../services/gateway/interface/responses/decode-request.ts'
import { ResponseEventEncoder } from '../../services/gateway/interface/responses/encode-events.ts'
import { encodeResponse, stateOf } from '../../services/gateway/interface/responses/encode-response.ts'
import type { ResponsesBody } from '../../services/gateway/interface/responses/schema.ts'

/** How a client of a dialect is understood and answered. */
export interface ClientDialect {
  decode(body: object): RequestInput
  encodeStream(input: RequestInput, frames: readonly Frame[]): string[]
  encodeWhole(input: RequestInput, outcome: Outcome): object
}

const responseId = `resp_${'0'.repeat(32)}`
const requestId = `req_${'0'.repeat(32)}`

/** Numbered, so that what came apart stays apart. */
function createIds(): (prefix: string) => string {
  let count = 0
  return (prefix) => `${prefix}_${++count}`
}

const chat: ClientDialect = {
  decode: (body) => decodeChatRequest(body as ChatBody, { newId: createIds() }).input,
  encodeStream: (_input, frames) => {
    const encoder = new ChunkEncoder({ responseId, requestId, includeUsage: true })
    return frames.flatMap((frame) => encoder.encode(frame))
  },
  encodeWhole: (_input, outcome) => encodeCompletion(responseId, outcome),
}

const messages: ClientDialect = {
  decode: (body) => decodeMessagesRequest(body as MessagesBody, { newId: createIds(), sessionId: null }).input,
  encodeStream: (_input, frames) => {
    const encoder = new MessageEventEncoder({ responseId, requestId, thinking: 'full' })
    return frames.flatMap((frame) => encoder.encode(frame))
  },
  encodeWhole: (_input, outcome) => encodeMessage({ responseId, thinking: 'full' }, outcome),
}

const responses: ClientDialect = {
  decode: (body) => {
    const { input = null } = body as ResponsesBody
    return decodeResponsesRequest(
      body as ResponsesBody,
      input as Parameters<typeof decodeResponsesRequest>[1],
      createIds(),
    ).input
  },
  encodeStream: (input, frames) => {
    const encoder = new ResponseEventEncoder({ basis: { ...input, responseId }, startingAfter: -1 })
    return frames.flatMap((frame) => encoder.encode(frame))
  },
  encodeWhole: (input, outcome) => encodeResponse({ ...input, responseId, ...stateOf(outcome) }),
}

export const clientDialects = { chat, responses, messages } as const
export type ClientName = keyof typeof clientDialects
