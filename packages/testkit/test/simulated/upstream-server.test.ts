import { test } from 'node:test'
import OpenAI from 'openai'
import { waitUntil } from '../../latch.ts'
import { startSimulatedUpstream } from '../../simulated/upstream-server.ts'

const messages = (content: string) => [{ role: 'user' as const, content }]
const weather = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

function sdk(baseURL: string): OpenAI {
  return new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
}

test('the official SDK gets a whole answer', async (t) => {
  await using upstream = await startSimulatedUpstream()
  const answer = await sdk(upstream.url).chat.completions.create({ model: 'any', messages: messages('hello') })
  t.assert.equal(answer.choices[0]?.message.content, 'Simulated answer: you said “hello”.')
  t.assert.deepEqual([answer.choices[0]?.finish_reason, answer.usage?.completion_tokens], ['stop', 5])
  t.assert.deepEqual([upstream.requests[0]?.model, upstream.requests[0]?.ended], ['any', true])
})

test('the official SDK gets a stream with usage', async (t) => {
  await using upstream = await startSimulatedUpstream()
  const request = { model: 'any', messages: messages('/simulate chunks=7\nhello'), stream: true as const }
  const stream = await sdk(upstream.url).chat.completions.create({
    ...request,
    stream_options: { include_usage: true },
  })
  const chunks = await Array.fromAsync(stream)
  const deltas = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').filter((delta) => delta !== '')
  t.assert.equal(deltas.length, 7)
  t.assert.equal(chunks.at(-1)?.usage?.completion_tokens, 7)
})

test('tools go round: call, output, words', async (t) => {
  await using upstream = await startSimulatedUpstream()
  const { chat } = sdk(upstream.url)
  const first = await chat.completions.create({
    model: 'any',
    messages: messages('call get_weather'),
    tools: [weather],
  })
  const message = first.choices[0]?.message
  const call = message?.tool_calls?.[0]
  if (message === undefined || call?.type !== 'function') throw new Error('no call')
  const output = { role: 'tool' as const, tool_call_id: call.id, content: 'sunny' }
  const second = await chat.completions.create({
    model: 'any',
    messages: [...messages('call get_weather'), message, output],
    tools: [weather],
  })
  t.assert.equal(second.choices[0]?.message.content, 'Simulated answer: get_weather returned “sunny”.')
})

for (const [what, wrong, status, message] of [
  ['no JSON', '{', 400, /parse/],
  ['a list', '[]', 400, /object/],
  ['no model', '{"messages":[{"role":"user","content":"x"}]}', 400, /model/],
  ['no messages', '{"model":"m","messages":[]}', 400, /messages/],
  ['a strange role', '{"model":"m","messages":[{"role":"bard","content":"x"}]}', 400, /bard/],
  ['no content', '{"model":"m","messages":[{"role":"user"}]}', 400, /content/],
  [
    'an output without its call',
    '{"model":"m","messages":[{"role":"tool","tool_call_id":"c","content":"x"}]}',
    400,
    /tool_calls/,
  ],
  [
    'a call without its output',
    '{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c"}]},{"role":"user","content":"x"}]}',
    400,
    /followed by/,
  ],
] as const) {
  test(`${what} is refused as the real provider would`, async (t) => {
    await using upstream = await startSimulatedUpstream()
    const answer = await fetch(`${upstream.url}/chat/completions`, { method: 'POST', body: wrong })
    t.assert.equal(answer.status, status)
    t.assert.match(((await answer.json()) as { error: { message: string } }).error.message, message)
  })
}

test('an unknown path is 404, the list of models is there', async (t) => {
  await using upstream = await startSimulatedUpstream()
  t.assert.equal((await fetch(`${upstream.url}/nothing`)).status, 404)
  t.assert.deepEqual(
    (await sdk(upstream.url).models.list()).data.map((model) => model.id),
    ['simulated'],
  )
})

test('a failure carries its status, code and retry-after', async (t) => {
  await using upstream = await startSimulatedUpstream()
  const content = '/simulate fail_status=429 fail_code=slow_down retry_after=7\nx'
  const failing = sdk(upstream.url).chat.completions.create({ model: 'any', messages: messages(content) })
  const error: unknown = await failing.catch((thrown: unknown) => thrown)
  if (!(error instanceof OpenAI.APIError)) throw new Error('no API error')
  t.assert.deepEqual([error.status, error.code, error.headers?.get('retry-after')], [429, 'slow_down', '7'])
})

for (const content of ['/simulate disconnect_after=0', '/simulate disconnect_after=2', '/simulate garble=truncate']) {
  test(`${content}: a whole answer breaks off`, async (t) => {
    await using upstream = await startSimulatedUpstream()
    await t.assert.rejects(sdk(upstream.url).chat.completions.create({ model: 'any', messages: messages(content) }))
  })
}

test('a caller that goes away is seen', async (t) => {
  await using upstream = await startSimulatedUpstream()
  const controller = new AbortController()
  const content = '/simulate interval_ms=60000\nhello'
  const stream = await sdk(upstream.url).chat.completions.create(
    { model: 'any', messages: messages(content), stream: true },
    { signal: controller.signal },
  )
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) controller.abort()
  await waitUntil(() => upstream.requests[0]?.aborted === true)
  t.assert.equal(upstream.requests[0]?.ended, false)
})

test('the log keeps the latest calls and counts all', async (t) => {
  await using upstream = await startSimulatedUpstream({ requestsKeptMax: 3 })
  const { chat } = sdk(upstream.url)
  for (let call = 0; call < 9; call++) await chat.completions.create({ model: `m${call}`, messages: messages('hello') })
  t.assert.equal(upstream.requestCount, 9)
  t.assert.equal(upstream.requests.at(-1)?.model, 'm8')
  t.assert.equal(upstream.requests.length < 6, true)
})
