import { type TestContext, test } from 'node:test'
import { AppError, type ErrorCode, errorTable } from '@parley/chassis/values/errors.ts'
import { encodeError } from '../../interface/errors.ts'
import { dialectOf } from '../../interface/http/dialect-of.ts'

const context = { dialect: 'anthropic', requestId: 'req_1', accepted: false } as const
const types = new Set([
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'api_error',
  'timeout_error',
  'overloaded_error',
])

test('every code has a type that Anthropic knows, and the field is named', (t: TestContext) => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const { body } = encodeError(new AppError(code, 'It is wrong.', { param: 'messages[0]' }), context)
    const { type, error, request_id: requestId } = JSON.parse(body)
    t.assert.deepEqual([type, requestId, error.message], ['error', 'req_1', 'messages[0]: It is wrong.'])
    t.assert.ok(types.has(error.type), `${code}: ${error.type}`)
  }
})

test('statuses are those of Anthropic', (t: TestContext) => {
  const answer = (code: ErrorCode) => {
    const { status, body } = encodeError(new AppError(code, 'x'), context)
    return [status, JSON.parse(body).error.type]
  }
  t.assert.deepEqual(answer('OVERLOADED'), [529, 'overloaded_error'])
  t.assert.deepEqual(answer('PROVIDER_STALLED'), [504, 'timeout_error'])
  t.assert.deepEqual(answer('KEY_INVALID'), [401, 'authentication_error'])
  t.assert.deepEqual(answer('UNSUPPORTED_PARAMETER'), [400, 'invalid_request_error'])
})

test('the path decides, and for models the header', (t: TestContext) => {
  const version = { 'anthropic-version': '2026-10-21' }
  const cases: [string, Record<string, string>, string][] = [
    ['/v1/messages', {}, 'anthropic'],
    ['/v1/messages?beta=true', {}, 'anthropic'],
    ['/v1/messages/count_tokens', {}, 'anthropic'],
    ['/v1/models', {}, 'openai'],
    ['/v1/models/x', version, 'anthropic'],
    ['/v1/chat/completions', version, 'openai'],
  ]
  for (const [url, headers, dialect] of cases) t.assert.equal(dialectOf({ url, headers }), dialect, url)
})
