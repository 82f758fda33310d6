import { type TestContext, test } from 'node:test'
import type { SubmitRequest } from '../../contract.ts'
import { checkRequest } from '../../domain/request-rules.ts'
import { failsWith, message, previousResponseId, sessionId, submission } from '../harness.ts'

const tool = (name: string) => ({ type: 'function' as const, name })

const refused: readonly [string, Partial<SubmitRequest>][] = [
  ['no input at all', { items: [] }],
  ['more items than a request may have', { items: Array.from({ length: 10_001 }, () => message('x')) }],
  ['a conversation beside a previous response', { sessionId, previousResponseId }],
  ['a temperature that is too high', { options: { temperature: 2.1 } }],
  ['a temperature that is no number', { options: { temperature: Number.NaN } }],
  ['a top_p below zero', { options: { topP: -0.1 } }],
  ['a presence penalty below -2', { options: { presencePenalty: -3 } }],
  ['a frequency penalty above 2', { options: { frequencyPenalty: 3 } }],
  ['an empty stop sequence', { options: { stop: [''] } }],
  ['too many stop sequences', { options: { stop: Array.from({ length: 17 }, (_, index) => `${index}`) } }],
  ['a tool name with a space', { options: { tools: [tool('a b')] } }],
  ['two tools of one name', { options: { tools: [tool('a'), tool('a')] } }],
  ['too many tools', { options: { tools: Array.from({ length: 129 }, (_, index) => tool(`t${index}`)) } }],
  [
    'a choice of a tool that is not there',
    { options: { tools: [tool('a')], toolChoice: { type: 'function', name: 'b' } } },
  ],
  ['a required tool without tools', { options: { toolChoice: 'required' } }],
  ['a schema name with a space', { options: { textFormat: { type: 'json_schema', name: 'a b', schema: {} } } }],
  ['too many metadata pairs', { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v'])) }],
  ['a metadata key that is too long', { metadata: { ['k'.repeat(65)]: 'v' } }],
  ['a metadata value that is too long', { metadata: { k: 'v'.repeat(513) } }],
  ['an idempotency key with a space', { idempotencyKey: 'a b' }],
  ['an empty idempotency key', { idempotencyKey: '' }],
]

for (const [what, change] of refused) {
  test(`${what} is refused`, (t: TestContext) => {
    t.assert.throws(() => checkRequest(submission(change)), failsWith('INVALID_REQUEST'))
  })
}

const allowed: readonly [string, Partial<SubmitRequest>][] = [
  ['a plain message', {}],
  ['no new input in a conversation', { items: [], sessionId }],
  ['no new input after a previous response', { items: [], previousResponseId }],
  ['a prompt template alone', { items: [], prompt: { id: 'greeting' } }],
  ['options at their limits', { options: { temperature: 2, topP: 1, presencePenalty: -2, frequencyPenalty: 2 } }],
  ['a required tool that is there', { options: { tools: [tool('a')], toolChoice: 'required' } }],
  ['a quoted-looking idempotency key', { idempotencyKey: '"a-b"' }],
]

for (const [what, change] of allowed) {
  test(`${what} is accepted`, (t: TestContext) => {
    t.assert.doesNotThrow(() => checkRequest(submission(change)))
  })
}

test('ids that were never made here are not looked up', (t: TestContext) => {
  t.assert.throws(() => checkRequest(submission({ sessionId: 'conv_\0' })), failsWith('SESSION_NOT_FOUND'))
  t.assert.throws(
    () => checkRequest(submission({ previousResponseId: 'resp_1' })),
    failsWith('PREVIOUS_RESPONSE_NOT_FOUND'),
  )
})
