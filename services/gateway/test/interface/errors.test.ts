import { type TestContext, test } from 'node:test'
import { AppError, type ErrorCode, errorTable } from '@parley/chassis/values/errors.ts'
import { encodeError, publicCodes } from '../../interface/errors.ts'

const codes = Object.keys(errorTable) as ErrorCode[]
const before = { requestId: 'req_1', accepted: false }
const after = { requestId: 'req_1', accepted: true }

test('every error has an envelope of four fields, a public code and a retry hint', (t: TestContext) => {
  for (const code of codes) {
    const { status, headers, body } = encodeError(new AppError(code, 'Words.'), before)
    const { error } = JSON.parse(body)
    t.assert.strictEqual(status, errorTable[code].status)
    t.assert.deepStrictEqual(Object.keys(error), ['message', 'type', 'param', 'code'])
    t.assert.strictEqual(error.code, publicCodes[code])
    t.assert.match(error.code, /^[a-z_]+$/)
    t.assert.match(headers['x-should-retry'] ?? '', /^(true|false)$/)
    t.assert.strictEqual(headers['retry-after-ms'] !== undefined, headers['x-should-retry'] === 'true')
  }
  t.assert.strictEqual(new Set(Object.values(publicCodes)).size, codes.length)
})

test('after acceptance nothing says that it should be sent again', (t: TestContext) => {
  for (const code of codes) {
    t.assert.strictEqual(encodeError(new AppError(code, 'Words.'), after).headers['x-should-retry'], 'false')
  }
})

test('errors that OpenAI has a name for carry that name', (t: TestContext) => {
  const known: [ErrorCode, number, string | null, string][] = [
    ['SESSION_BUSY', 400, 'conversation', 'conversation_locked'],
    ['PREVIOUS_RESPONSE_NOT_FOUND', 400, 'previous_response_id', 'previous_response_not_found'],
    ['MODEL_NOT_FOUND', 404, 'model', 'model_not_found'],
    ['KEY_INVALID', 401, null, 'invalid_api_key'],
    ['RATE_LIMITED', 429, null, 'rate_limit_exceeded'],
    ['CONTEXT_TOO_LONG', 400, null, 'context_length_exceeded'],
  ]
  for (const [code, status, param, publicCode] of known) {
    const answer = encodeError(new AppError(code, 'Words.'), before)
    const { error } = JSON.parse(answer.body)
    t.assert.deepStrictEqual([answer.status, error.param, error.code], [status, param, publicCode])
  }
})

test('an error on our side names the request, and how long to wait is said in both units', (t: TestContext) => {
  const { headers, body } = encodeError(new AppError('OVERLOADED', 'Too much.', { retryAfterMs: 1_200 }), before)
  t.assert.match(JSON.parse(body).error.message, /req_1/)
  t.assert.deepStrictEqual([headers['retry-after'], headers['retry-after-ms']], ['2', '1200'])
})
