import { MODEL } from '../settings.ts'
import { chatRequest, jsonPost, PROMPT, SYSTEM_PROMPT } from './chat-request.ts'
import type { HttpRequest } from './exchange.ts'

/** What Parley is asked in; the first is what the others are compared with. */
export const DIALECTS = ['chat', 'responses', 'responses-stored', 'messages', 'embeddings'] as const
export type Dialect = (typeof DIALECTS)[number]

export const DIALECT_TITLES: Readonly<Record<Dialect, string>> = {
  chat: 'chat',
  responses: 'responses',
  'responses-stored': 'responses, stored',
  messages: 'messages',
  embeddings: 'embeddings',
}

const MESSAGES_TOKENS_MAX = 1_024

/** About 1 KB of request in any dialect, with the same prompt; the answers hold 1 KB as well. */
export function dialectRequest(dialect: Dialect): HttpRequest {
  switch (dialect) {
    case 'chat':
      return chatRequest({ path: '/v1/chat/completions', headers: {} })
    case 'responses':
      return responsesRequest({ store: false })
    case 'responses-stored':
      return responsesRequest({ store: true })
    case 'messages':
      return jsonPost('/v1/messages', {
        model: MODEL,
        max_tokens: MESSAGES_TOKENS_MAX,
        system: SYSTEM_PROMPT,
        messages: [{ role: 'user', content: PROMPT }],
      })
    case 'embeddings':
      return jsonPost('/v1/embeddings', { model: MODEL, input: PROMPT, encoding_format: 'base64' })
  }
}

export function responsesRequest({ store }: { store: boolean }): HttpRequest {
  return jsonPost('/v1/responses', { model: MODEL, instructions: SYSTEM_PROMPT, input: PROMPT, store })
}
