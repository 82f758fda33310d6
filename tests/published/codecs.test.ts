import { describe, type TestContext, test } from 'node:test'
import type { ResponseStep } from '@parley/kernel/frames.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import { encodeCompaction } from '../../services/gateway/interface/responses/compaction-item.ts'
import { decodeItems } from '../../services/gateway/interface/responses/decode-items.ts'
import { decodeOptions } from '../../services/gateway/interface/responses/decode-options.ts'
import { ResponseEventEncoder } from '../../services/gateway/interface/responses/encode-events.ts'
import { encodeItem } from '../../services/gateway/interface/responses/encode-items.ts'
import { encodeResponse, stateBeforeEnd } from '../../services/gateway/interface/responses/encode-response.ts'
import { callSteps, endStep, message, numbered, startStep, textSteps } from '../../services/gateway/test/frames.ts'
import { publishedProblems } from './published-schema.ts'

const responseId = `resp_${'0'.repeat(32)}`

function eventsOf(steps: readonly ResponseStep[], options: GenerationOptions = {}): { type: string }[] {
  const basis = {
    responseId,
    sessionId: `conv_${'0'.repeat(32)}`,
    previousResponseId: null,
    instructions: 'Be brief.',
    options,
    metadata: { a: 'b' },
    store: true,
  }
  const form = { write: (_type: string, body: string) => body, endMark: null }
  const encoder = new ResponseEventEncoder({ basis, startingAfter: -1, form })
  return numbered(steps).flatMap((frame) => encoder.encode(frame).map((body) => JSON.parse(body)))
}

const reasoning: Item = {
  type: 'reasoning',
  id: 'rs_1',
  status: 'completed',
  summary: [{ type: 'summary_text', text: 'I thought.' }],
  content: [{ type: 'reasoning_text', text: 'I think.' }],
}
const begun = message('', 'in_progress')
const refused = { ...begun, status: 'completed', content: [{ type: 'refusal', refusal: 'No.' }] } as Item
const failure = { code: 'PROVIDER_UNAVAILABLE', message: 'It is gone.', status: 502 }

const streams: Readonly<Record<string, readonly ResponseStep[]>> = {
  'text and calls': [startStep(), ...textSteps(['a', 'b']), ...callSteps(1, 1, ['{}']), endStep()],
  reasoning: [startStep(), { type: 'item-end', index: 0, item: reasoning }, ...textSteps(['a'], 1), endStep()],
  refusal: [startStep(), { type: 'item-end', index: 0, item: refused }, endStep()],
  'a failure': [startStep(), endStep({ status: 'failed', finish: null, failure, usage: null })],
  'a limit': [
    startStep(),
    ...textSteps(['a']).slice(0, 2),
    endStep({ status: 'incomplete', finish: 'length', incompleteReason: 'max_output_tokens' }),
  ],
  'an interruption': [startStep(), endStep({ status: 'incomplete', finish: null, incompleteReason: 'interrupted' })],
  'a cancel': [startStep(), ...textSteps(['a']).slice(0, 2), endStep({ status: 'cancelled', finish: null })],
}

const tool = { type: 'function' as const, name: 'f', parameters: { type: 'object' } }
const optionsOf: Readonly<Record<string, GenerationOptions>> = {
  none: {},
  background: decodeOptions({ background: true, truncation: 'auto', prompt: { id: 'p', variables: { a: 'b' } } }),
  tools: decodeOptions({ tools: [tool], tool_choice: { type: 'function', name: 'f' }, parallel_tool_calls: false }),
  'allowed tools': decodeOptions({
    tools: [tool, { ...tool, name: 'g' }],
    tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'g' }] },
  }),
  format: decodeOptions({
    text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto' },
    max_tool_calls: 3,
    max_output_tokens: 100,
    service_tier: 'flex',
    safety_identifier: 'someone',
    prompt_cache_key: 'k',
    user: 'u',
  }),
}

describe("answers fit OpenAI's own description of its API", () => {
  for (const [name, steps] of Object.entries(streams)) {
    for (const [asked, options] of Object.entries(optionsOf)) {
      test(`every event of ${name}, asked with ${asked}`, (t: TestContext) => {
        for (const event of eventsOf(steps, options)) {
          t.assert.deepStrictEqual(publishedProblems('ResponseStreamEvent', event), [], event.type)
        }
      })
    }
  }

  test('a response that waits', (t: TestContext) => {
    const options = optionsOf['background'] ?? {}
    const basis = { responseId, sessionId: null, previousResponseId: responseId, instructions: null, options }
    const state = stateBeforeEnd('queued', { createdAt: 1_000, model: 'm' })
    const view = encodeResponse({ ...basis, metadata: {}, store: true, ...state })
    t.assert.deepStrictEqual(publishedProblems('Response', view), [])
  })

  test('items of every kind, as input and in a conversation', (t: TestContext) => {
    const items = decodeItems(
      [
        { role: 'user', content: 'a' },
        { role: 'developer', content: 'a' },
        { role: 'assistant', content: 'a' },
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'data:image/png;base64,aa' },
            { type: 'input_file', file_data: 'data:text/plain;base64,aa', filename: 'a.txt' },
          ],
        },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'x' },
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] },
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'x' }], encrypted_content: 'x' },
        encodeCompaction('cmp_1', 'the summary'),
      ],
      (prefix) => `${prefix}_new`,
    )
    const data = items.map(encodeItem)
    const list = { object: 'list', data, first_id: 'a', last_id: 'b', has_more: false }
    t.assert.deepStrictEqual(publishedProblems('ConversationItemList', list), [])
    t.assert.deepStrictEqual(publishedProblems('ResponseItemList', list), [])
  })

  test('and what does not fit is found', (t: TestContext) => {
    const [first] = eventsOf(streams['text and calls'] ?? [])
    const broken = { ...first, sequence_number: 'one' }
    t.assert.equal(publishedProblems('ResponseStreamEvent', broken).length, 1)
    t.assert.notDeepEqual(publishedProblems('Response', { id: responseId, object: 'response' }), [])
  })
})
