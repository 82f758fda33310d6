import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import OpenAI from 'openai'
import { fromArray } from '../fakes.ts'
import { callSteps, endStep, hello, numbered, startStep, textSteps } from '../frames.ts'
import { startHarness } from '../harness.ts'

const messages = [{ role: 'user' as const, content: 'Hello' }]

test('a completion is answered in the shape that the SDK documents', async (t: TestContext) => {
  await using gateway = await startHarness()
  const { data, response, request_id } = await gateway
    .client()
    .chat.completions.create({ model: 'simulated', messages })
    .withResponse()
  const { submission } = gateway.fakes.submissions[0] ?? t.assert.fail('nothing was submitted')
  t.assert.deepStrictEqual(JSON.parse(JSON.stringify(data)), {
    id: 'chatcmpl-00000000000000000000000000000001',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'simulated',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello', refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 11,
      completion_tokens: 7,
      total_tokens: 18,
      prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 2,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  })
  t.assert.strictEqual(submission.store, false)
  t.assert.strictEqual(submission.delivery, 'whole')
  t.assert.match(String(request_id), /^req_[0-9a-f]{32}$/)
  t.assert.ok(response.headers.get('openai-processing-ms'))
  t.assert.strictEqual(response.headers.get('openai-version'), '2020-10-01')
})

test('the stream helper puts text, parallel tool calls and usage together', async (t: TestContext) => {
  await using gateway = await startHarness()
  const frames = numbered([
    startStep(),
    ...textSteps(['I ', 'call']),
    ...callSteps(1, 1, ['{"a"', ':1}']),
    ...callSteps(2, 2, ['{}']),
    endStep({ finish: 'tool-calls' }),
  ])
  gateway.fakes.script = (_context, after) => fromArray(frames, after)
  const stream = gateway.client().chat.completions.stream({
    model: 'simulated',
    messages,
    stream_options: { include_usage: true },
    tools: ['tool_1', 'tool_2'].map((name) => ({ type: 'function' as const, function: { name, parameters: {} } })),
  })
  const completion = await stream.finalChatCompletion()
  const choice = completion.choices[0]
  t.assert.strictEqual(choice?.finish_reason, 'tool_calls')
  t.assert.strictEqual(choice?.message.content, 'I call')
  t.assert.deepStrictEqual(
    choice?.message.tool_calls?.map(
      (call) => call.type === 'function' && [call.id, call.function.name, call.function.arguments],
    ),
    [
      ['call_1', 'tool_1', '{"a":1}'],
      ['call_2', 'tool_2', '{}'],
    ],
  )
  t.assert.strictEqual(completion.usage?.total_tokens, 18)
})

test('a message that the SDK helper made can be sent back as it is', async (t: TestContext) => {
  await using gateway = await startHarness()
  const frames = numbered([startStep(), ...callSteps(0, 1, ['{"a":1}']), endStep({ finish: 'tool-calls' })])
  gateway.fakes.script = (_context, after) => fromArray(frames, after)
  const client = gateway.client()
  const tools = [{ type: 'function' as const, function: { name: 'tool_1', parameters: {}, strict: true } }]
  const first = await client.chat.completions.parse({ model: 'simulated', messages, tools })
  const said = first.choices[0]?.message ?? t.assert.fail('no message')
  gateway.fakes.script = (_context, after) => fromArray(hello, after)
  await client.chat.completions.create({
    model: 'simulated',
    messages: [...messages, said, { role: 'tool', tool_call_id: 'call_1', content: 'done' }],
    tools,
  })
  const items = gateway.fakes.submissions[1]?.submission.items.map(({ id: _, ...item }) => item)
  t.assert.deepStrictEqual(items, [
    { type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
    { type: 'function_call', status: 'completed', call_id: 'call_1', name: 'tool_1', arguments: '{"a":1}' },
    { type: 'function_call_output', status: 'completed', call_id: 'call_1', output: 'done' },
  ])
})

test('a provider that fails before any output answers with its status and is not retried', async (t: TestContext) => {
  await using gateway = await startHarness()
  const failure = { code: 'PROVIDER_RATE_LIMITED', message: 'The provider is busy.', status: 429 }
  const frames = numbered([startStep(), endStep({ status: 'failed', finish: null, failure, usage: null })])
  gateway.fakes.script = (_context, after) => fromArray(frames, after)
  for (const stream of [true, false]) {
    const error = await gateway
      .client({ maxRetries: 2 })
      .chat.completions.create({ model: 'simulated', messages, stream })
      .then(
        () => t.assert.fail('it must be refused'),
        (thrown: unknown) => thrown,
      )
    t.assert.ok(error instanceof OpenAI.RateLimitError)
    t.assert.strictEqual(error.code, 'provider_rate_limited')
    t.assert.strictEqual(error.headers.get('x-should-retry'), 'false')
  }
  t.assert.strictEqual(gateway.fakes.submissions.length, 2)
})

test('a failure in the middle of a stream is thrown by the SDK after the text that came', async (t: TestContext) => {
  await using gateway = await startHarness()
  const failure = { code: 'PROVIDER_GARBLED', message: 'The provider sent nonsense.', status: 502 }
  const frames = numbered([
    startStep(),
    ...textSteps(['Hel', 'lo']).slice(0, 2),
    endStep({ status: 'failed', finish: null, failure }),
  ])
  gateway.fakes.script = (_context, after) => fromArray(frames, after)
  const stream = await gateway.client().chat.completions.create({ model: 'simulated', messages, stream: true })
  let text = ''
  await t.assert.rejects(async () => {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  }, OpenAI.APIError)
  t.assert.strictEqual(text, 'Hel')
})

test('before it is accepted, a request that may succeed later is sent again by the SDK', async (t: TestContext) => {
  await using gateway = await startHarness()
  gateway.fakes.refusal = new AppError('STORE_UNAVAILABLE', 'The store is busy.', { retryAfterMs: 5 })
  await gateway.client({ maxRetries: 2 }).chat.completions.create({ model: 'simulated', messages })
  t.assert.strictEqual(gateway.fakes.submissions.length, 2)
})

test('when it is unknown whether a request was accepted, the SDK does not send it again', async (t: TestContext) => {
  await using gateway = await startHarness()
  for (const code of ['CALL_TIMEOUT', 'OUTCOME_UNKNOWN'] as const) {
    gateway.fakes.refusal = new AppError(code, 'It may have worked.')
    const creation = gateway.client({ maxRetries: 2 }).chat.completions.create({ model: 'simulated', messages })
    await t.assert.rejects(creation, OpenAI.InternalServerError)
  }
  t.assert.strictEqual(gateway.fakes.submissions.length, 2)
})

test('models are listed and found, names with slashes included', async (t: TestContext) => {
  await using gateway = await startHarness()
  const client = gateway.client()
  const names: string[] = []
  for await (const model of client.models.list()) names.push(model.id)
  t.assert.deepStrictEqual(names, ['simulated', 'org/some model'])
  const model = await client.models.retrieve('org/some model')
  t.assert.deepStrictEqual(JSON.parse(JSON.stringify(model)), {
    id: 'org/some model',
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'other',
    parley: { provider: 'other', provider_model: 'org/some model', context_tokens_max: 8_000 },
  })
  await t.assert.rejects(client.models.retrieve('nope'), (error: unknown) => {
    return error instanceof OpenAI.NotFoundError && error.code === 'model_not_found' && error.param === 'model'
  })
})
