import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { ResponseStep } from '@parley/kernel/frames.ts'
import type { Item } from '@parley/kernel/items.ts'
import { decodeChatRequest } from '../../interface/chat/decode-request.ts'
import { ChunkEncoder } from '../../interface/chat/encode-chunks.ts'
import type { ChatBody } from '../../interface/chat/schema.ts'
import { callSteps, endStep, message, numbered, startStep, textSteps, usage } from '../frames.ts'

const newId = (prefix: string) => `${prefix}_new`
const user = { role: 'user' as const, content: 'Hi' }
const text = (type: 'input_text' | 'output_text', value: string) => ({ type, text: value })

function decode(body: object) {
  return decodeChatRequest({ model: 'm', messages: [user], ...body } as ChatBody, { newId })
}

test('messages of every role and shape become items', (t: TestContext) => {
  const cases: [object, Item[]][] = [
    [
      { role: 'system', content: 'S', name: 'boss' },
      [
        {
          id: 'msg_new',
          type: 'message',
          status: 'completed',
          role: 'system',
          name: 'boss',
          content: [text('input_text', 'S')],
        },
      ],
    ],
    [
      { role: 'developer', content: [{ type: 'text', text: 'D', prompt_cache_breakpoint: { mode: 'explicit' } }] },
      [
        {
          id: 'msg_new',
          type: 'message',
          status: 'completed',
          role: 'developer',
          content: [{ type: 'input_text', text: 'D', prompt_cache_breakpoint: { mode: 'explicit' } } as never],
        },
      ],
    ],
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
          { type: 'file', file: { file_data: 'BB', filename: 'b.pdf' } },
        ],
      },
      [
        {
          id: 'msg_new',
          type: 'message',
          status: 'completed',
          role: 'user',
          content: [
            text('input_text', 'see'),
            { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
            { type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } },
            { type: 'input_file', file_data: 'BB', filename: 'b.pdf' },
          ],
        },
      ],
    ],
    [
      { role: 'assistant', content: 'A', refusal: null, annotations: [], audio: null },
      [{ id: 'msg_new', type: 'message', status: 'completed', role: 'assistant', content: [text('output_text', 'A')] }],
    ],
    [
      { role: 'assistant', content: null, refusal: 'No.' },
      [
        {
          id: 'msg_new',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'refusal', refusal: 'No.' }],
        },
      ],
    ],
    [
      { role: 'assistant', content: '' },
      [{ id: 'msg_new', type: 'message', status: 'completed', role: 'assistant', content: [text('output_text', '')] }],
    ],
    [
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{' } }],
      },
      [
        {
          id: 'msg_new',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          native: { dialect: 'chat', fields: { reasoning_content: 'hm' } },
          content: [],
        },
        { id: 'fc_new', type: 'function_call', status: 'completed', call_id: 'c1', name: 'f', arguments: '{' },
      ],
    ],
    [
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'out' }] },
      [
        {
          id: 'item_new',
          type: 'function_call_output',
          status: 'completed',
          call_id: 'c1',
          output: [text('input_text', 'out')],
        },
      ],
    ],
    [
      { role: 'user', content: 'Hi', id: 'mine', vendor: { kept: true } },
      [
        {
          id: 'mine',
          type: 'message',
          status: 'completed',
          role: 'user',
          native: { dialect: 'chat', fields: { vendor: { kept: true } } },
          content: [text('input_text', 'Hi')],
        },
      ],
    ],
  ]
  for (const [said, items] of cases) t.assert.deepStrictEqual(decode({ messages: [said] }).input.items, items)
})

const vendorTool = {
  type: 'function',
  function: { name: 'f', parameters: { type: 'object' }, strict: true, vendor: 1 },
}

test('parameters become options, and those of this dialect alone pass through', (t: TestContext) => {
  const { input, stream, includeUsage } = decode({
    temperature: 0.1,
    top_p: 0.2,
    presence_penalty: 0.3,
    frequency_penalty: 0.4,
    max_completion_tokens: 5,
    stop: 'END',
    tools: [vendorTool],
    tool_choice: { type: 'function', function: { name: 'f' } },
    parallel_tool_calls: false,
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
    reasoning_effort: 'low',
    stream: true,
    stream_options: { include_usage: true },
    metadata: { a: 'b' },
    n: 1,
    logprobs: false,
    store: false,
    seed: 7,
    user: 'u',
    logit_bias: null,
    toString: 'odd',
    constructor: 'odd',
  })
  t.assert.deepStrictEqual(input.options, {
    temperature: 0.1,
    topP: 0.2,
    presencePenalty: 0.3,
    frequencyPenalty: 0.4,
    maxOutputTokens: 5,
    stop: ['END'],
    tools: [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: true, vendor: 1 }],
    toolChoice: { type: 'function', name: 'f' },
    parallelToolCalls: false,
    textFormat: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true },
    reasoningEffort: 'low',
    native: {
      dialect: 'chat',
      parameters: { tools: [vendorTool], seed: 7, user: 'u', toString: 'odd', constructor: 'odd' },
    },
  })
  t.assert.deepStrictEqual(input.metadata, { a: 'b' })
  t.assert.strictEqual(input.delivery, 'incremental')
  t.assert.ok(stream && includeUsage)
})

test('what cannot be honoured is refused by name', (t: TestContext) => {
  const cases: [object, string][] = [
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ functions: [] }, 'functions'],
    [{ function_call: 'auto' }, 'function_call'],
    [{ max_tokens: 1, max_completion_tokens: 2 }, 'max_tokens'],
    [{ messages: [{ role: 'assistant', content: null }] }, 'messages[0].content'],
    [{ messages: [{ role: 'assistant', content: 'x', function_call: { name: 'f' } }] }, 'messages[0].function_call'],
    [{ messages: [{ role: 'user', content: 'x', type: 'odd' }] }, 'messages[0].type'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'u', fps: 1 } }] }] },
      'messages[0].content[0].image_url.fps',
    ],
    [
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', function: { name: 'f', arguments: '' } }] },
        ],
      },
      'messages[0].tool_calls[0].type',
    ],
  ]
  for (const [body, param] of cases) {
    t.assert.throws(
      () => decode(body),
      (error: unknown) => error instanceof AppError && error.status === 400 && error.param === param,
      param,
    )
  }
})

function chunks(steps: readonly ResponseStep[], includeUsage = false): string[] {
  const encoder = new ChunkEncoder({ responseId: 'resp_0a', requestId: 'req_1', includeUsage })
  return numbered(steps).flatMap((frame) => encoder.encode(frame))
}

const head = '{"id":"chatcmpl-0a","object":"chat.completion.chunk","created":1700000000,"model":"simulated","choices":'
const choice = (delta: string, finish = 'null') =>
  `data: ${head}[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}]}\n\n`

test('a streamed text is role, pieces, reason and end mark', (t: TestContext) => {
  t.assert.deepStrictEqual(chunks([startStep(), ...textSteps(['a\r\nb', '\u2028"']), endStep()]), [
    choice('{"role":"assistant","content":"","refusal":null}'),
    choice('{"content":"a\\r\\nb"}'),
    choice('{"content":"\u2028\\""}'),
    choice('{}', '"stop"'),
    'data: [DONE]\n\n',
  ])
})

test('with include_usage every chunk names the usage and the last one has it', (t: TestContext) => {
  const all = chunks([startStep(), ...textSteps(['a']), endStep({ finish: 'length' })], true)
  const bodies = all.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)))
  t.assert.deepStrictEqual(
    bodies.map((body) => body.usage?.total_tokens ?? body.usage),
    [null, null, null, usage.inputTokens + usage.outputTokens],
  )
  t.assert.deepStrictEqual(bodies.at(-1).choices, [])
  t.assert.strictEqual(bodies.at(-2).choices[0].finish_reason, 'length')
})

test('tool calls are numbered among themselves, with id and name in the first fragment', (t: TestContext) => {
  t.assert.deepStrictEqual(
    chunks([startStep(), ...callSteps(0, 1, ['{', '}']), ...callSteps(1, 2, []), endStep({ finish: 'tool-calls' })]),
    [
      choice(
        '{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"tool_1","arguments":""}}]}',
      ),
      choice('{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}'),
      choice('{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}'),
      choice(
        '{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"tool_2","arguments":""}}]}',
      ),
      choice('{}', '"tool_calls"'),
      'data: [DONE]\n\n',
    ],
  )
})

test('an item that comes whole, a refusal and reasoning are all delivered', (t: TestContext) => {
  const steps: ResponseStep[] = [
    startStep(),
    { type: 'item-start', index: 0, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
    { type: 'reasoning-delta', index: 0, delta: 'hm' },
    { type: 'item-end', index: 1, item: message('whole') },
    { type: 'refusal-delta', index: 2, delta: 'No.' },
    endStep({ finish: 'content-filter' }),
  ]
  t.assert.deepStrictEqual(chunks(steps), [
    choice('{"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm"}'),
    choice('{"content":"whole"}'),
    choice('{"refusal":"No."}'),
    choice('{}', '"content_filter"'),
    'data: [DONE]\n\n',
  ])
})

test('a stream that fails or is cut short never looks complete', (t: TestContext) => {
  const failure = { code: 'PROVIDER_STALLED', message: 'It stopped.', status: 504 }
  const ends: [ResponseStep, string][] = [
    [endStep({ status: 'failed', finish: null, failure }), 'provider_stalled'],
    [endStep({ status: 'incomplete', finish: null, incompleteReason: 'interrupted' }), 'outcome_unknown'],
    [endStep({ status: 'cancelled', finish: null }), 'call_cancelled'],
  ]
  for (const [end, code] of ends) {
    const all = chunks([startStep(), ...textSteps(['a']).slice(0, 2), end])
    const last = JSON.parse(all.at(-1)?.slice('data: '.length) ?? '')
    t.assert.strictEqual(last.error.code, code)
    t.assert.deepStrictEqual(Object.keys(last.error), ['message', 'type', 'param', 'code'])
  }
})
