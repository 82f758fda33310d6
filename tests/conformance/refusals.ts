import type { FetchInit } from '../harness/system.ts'

export const chatBody = (extra: object = {}) => ({
  model: 'errors',
  messages: [{ role: 'user', content: 'hello' }],
  ...extra,
})

/** A wrong request, and how it is refused. */
export interface Refusal {
  readonly what: string
  readonly path: string
  readonly init: FetchInit
  readonly status: number
  readonly code: string
  readonly param?: string
}

const json = { 'content-type': 'application/json' }

/** Wrong requests, and how each is refused. None of them reaches the provider. */
export const refusals: readonly Refusal[] = [
  { what: 'no key', path: '/v1/models', init: { key: null }, status: 401, code: 'key_missing' },
  { what: 'a wrong key', path: '/v1/models', init: { key: 'sk-wrong' }, status: 401, code: 'invalid_api_key' },
  {
    what: 'a credential of another kind',
    path: '/v1/models',
    init: { key: null, headers: { authorization: 'Basic eDp5' } },
    status: 401,
    code: 'invalid_api_key',
  },
  {
    what: 'two credentials that differ',
    path: '/v1/models',
    init: { headers: { 'x-api-key': 'another' } },
    status: 400,
    code: 'invalid_request',
  },
  { what: 'an unknown path', path: '/v1/nothing', init: {}, status: 404, code: 'route_not_found' },
  {
    what: 'a method that a path does not take',
    path: '/v1/chat/completions',
    init: { method: 'DELETE' },
    status: 405,
    code: 'method_not_allowed',
  },
  {
    what: 'a body that is no JSON',
    path: '/v1/chat/completions',
    init: { body: '{"model":' },
    status: 400,
    code: 'invalid_json',
  },
  {
    what: 'a body with a prototype in it',
    path: '/v1/chat/completions',
    init: { body: '{"__proto__":{"model":"x"}}' },
    status: 400,
    code: 'invalid_json',
  },
  {
    what: 'a key twice in one object',
    path: '/v1/chat/completions',
    init: { body: '{"model":"a","model":"b","messages":[]}' },
    status: 400,
    code: 'invalid_json',
  },
  {
    what: 'NUL in a text',
    path: '/v1/chat/completions',
    init: { body: chatBody({ user: 'a\0b' }) },
    status: 400,
    code: 'invalid_json',
    param: 'user',
  },
  {
    what: 'half a surrogate pair',
    path: '/v1/chat/completions',
    init: { body: '{"model":"m","messages":[{"role":"user","content":"\\ud83d"}]}' },
    status: 400,
    code: 'invalid_json',
    param: 'messages[0].content',
  },
  {
    what: 'a body nested too deeply',
    path: '/v1/chat/completions',
    init: { body: `{"messages":${'['.repeat(5_000)}${']'.repeat(5_000)}}` },
    status: 400,
    code: 'invalid_json',
  },
  {
    what: 'no body',
    path: '/v1/chat/completions',
    init: { method: 'POST', headers: json },
    status: 400,
    code: 'invalid_request',
  },
  {
    what: 'another content type',
    path: '/v1/chat/completions',
    init: { body: 'hello', headers: { 'content-type': 'text/plain' } },
    status: 415,
    code: 'content_type_unsupported',
  },
  {
    what: 'a missing field',
    path: '/v1/chat/completions',
    init: { body: { model: 'm' } },
    status: 400,
    code: 'invalid_request',
    param: 'messages',
  },
  {
    what: 'an empty list',
    path: '/v1/chat/completions',
    init: { body: chatBody({ messages: [] }) },
    status: 400,
    code: 'invalid_request',
    param: 'messages',
  },
  {
    what: 'a field of the wrong type, deep inside',
    path: '/v1/chat/completions',
    init: { body: chatBody({ messages: [{ role: 'user', content: [{ type: 'text', text: 7 }] }] }) },
    status: 400,
    code: 'invalid_request',
    param: 'messages[0].content[0].text',
  },
  {
    what: 'a role that does not exist',
    path: '/v1/chat/completions',
    init: { body: chatBody({ messages: [{ role: 'king', content: 'x' }] }) },
    status: 400,
    code: 'invalid_request',
    param: 'messages[0].role',
  },
  {
    what: 'a number out of its range',
    path: '/v1/chat/completions',
    init: { body: chatBody({ temperature: 3 }) },
    status: 400,
    code: 'invalid_request',
    param: 'temperature',
  },
  {
    what: 'a parameter that cannot be honoured',
    path: '/v1/chat/completions',
    init: { body: chatBody({ functions: [{ name: 'f' }] }) },
    status: 400,
    code: 'unsupported_parameter',
    param: 'functions',
  },
  {
    what: 'a forced function that is not among the tools',
    path: '/v1/chat/completions',
    init: { body: chatBody({ tool_choice: { type: 'function', function: { name: 'f' } } }) },
    status: 400,
    code: 'invalid_request',
    param: 'tool_choice',
  },
  {
    what: 'a conversation together with a previous response',
    path: '/v1/responses',
    init: { body: { model: 'errors', input: 'x', conversation: 'conv_1', previous_response_id: 'resp_1' } },
    status: 400,
    code: 'invalid_request',
    param: 'previous_response_id',
  },
  {
    what: 'a conversation that is not there',
    path: '/v1/responses',
    init: { body: { model: 'errors', input: 'x', conversation: `conv_${'0'.repeat(32)}` } },
    status: 404,
    code: 'session_not_found',
  },
  {
    what: 'a previous response that is not there',
    path: '/v1/responses',
    init: { body: { model: 'errors', input: 'x', previous_response_id: `resp_${'0'.repeat(32)}` } },
    status: 400,
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  },
  {
    what: 'a response without input',
    path: '/v1/responses',
    init: { body: { model: 'errors' } },
    status: 400,
    code: 'invalid_request',
    param: 'input',
  },
  {
    what: 'background without store',
    path: '/v1/responses',
    init: { body: { model: 'errors', input: 'x', background: true, store: false } },
    status: 400,
    code: 'invalid_request',
    param: 'background',
  },
  {
    what: 'too much metadata',
    path: '/v1/conversations',
    init: { body: { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) } },
    status: 400,
    code: 'invalid_request',
    param: 'metadata',
  },
  {
    what: 'an idempotency key that cannot be one',
    path: '/v1/chat/completions',
    init: { body: chatBody(), headers: { 'idempotency-key': 'a'.repeat(256) } },
    status: 400,
    code: 'invalid_request',
    param: 'idempotency-key',
  },
]
