import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import type { ModelStep } from '../../application/ports.ts'
import { SimulatedModelClient } from '../../infrastructure/simulated-model-client.ts'
import { anthropicClientOf } from '../client-of.ts'
import { collect, constantIds, modelRequest, shortTimeouts, timeoutsFor, told, userMessage } from '../model-steps.ts'
import { type Answer, send, startRecordedUpstream } from '../recorded-upstream.ts'

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const time = { type: 'function' as const, name: 'get_time' }
const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] }

const rows: [prompt: string, options?: GenerationOptions][] = [
  ['hello'],
  ['hello, this is a longer message', { maxOutputTokens: 3 }],
  ['hello', { stop: ['you'] }],
  ['hello', { textFormat: { type: 'json_schema', name: 'a', schema } }],
  ['call get_weather', { tools: [weather] }],
  ['call get_weather and get_time', { tools: [weather, time] }],
  ['call get_weather and get_time', { tools: [weather, time], parallelToolCalls: false }],
  ['hello', { tools: [weather, time], toolChoice: { type: 'function', name: 'get_time' } }],
  ['hello', { tools: [weather, time], toolChoice: 'required' }],
  ['call get_weather', { tools: [weather], toolChoice: 'none' }],
  ['/simulate reasoning=4 chunks=3\nhello'],
  ['/simulate usage=missing\nhello'],
  ['/simulate first_ms=20 interval_ms=2 chunks=5\nhello'],
  ['/simulate fail_status=429 retry_after=2\nhello'],
  ['/simulate fail_status=529\nhello'],
  ['/simulate fail_status=401\nhello'],
  ['/simulate fail_status=500\nhello'],
  ['/simulate fail_after=0\nhello'],
  ['/simulate fail_after=2\nhello'],
  ['/simulate end_after=2\nhello'],
  ['/simulate disconnect_after=0\nhello'],
  ['/simulate disconnect_after=2\nhello'],
  ['/simulate stall_after=2\nhello'],
  ['/simulate pings_after=0\nhello'],
  ['/simulate pings_after=2\nhello'],
  ['/simulate garble=json\nhello'],
  ['/simulate garble=html\nhello'],
  ['/simulate garble=truncate\nhello'],
  ['/simulate garble=sse\nhello'],
  ['/simulate garble=empty\nhello'],
  ['/simulate done=missing newline=crlf comments bom split_bytes=5\nhello'],
]

/** What is the same whatever dialect it came through; items may be divided otherwise. */
function meaning(steps: readonly ModelStep[]) {
  const { text, reasoning, calls, end } = told(steps)
  return { text, reasoning, calls, finish: end?.finish, usage: end?.usage, stopSequence: end?.stopSequence }
}

for (const delivery of ['whole', 'incremental'] as const) {
  for (const [prompt, options = {}] of rows) {
    test(`${delivery}: the same over Messages: ${prompt.split('\n')[0]} ${JSON.stringify(options).slice(0, 60)}`, async (t: TestContext) => {
      await using upstream = await startSimulatedUpstream()
      const timeouts = timeoutsFor(prompt)
      await using client = anthropicClientOf(new URL(upstream.url), { timeouts })
      const local = new SimulatedModelClient({ name: 'up', timeouts, newId: constantIds })
      const request = modelRequest(prompt, { delivery, options: { maxOutputTokens: 500, ...options } })
      const overHttp = await collect(client.generate(testContext(), request))
      const inProcess = await collect(local.generate(testContext(), request))
      t.assert.equal(overHttp.code, inProcess.code)
      t.assert.equal(overHttp.error?.retryAfterMs, inProcess.error?.retryAfterMs)
      // Of an answer that breaks off, the beginning may be cut elsewhere.
      if (overHttp.code === null) t.assert.deepEqual(meaning(overHttp.steps), meaning(inProcess.steps))
    })
  }
}

const start = 'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n'
const ping = 'event: ping\ndata: {"type": "ping"}\n\n'
const blockStart =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const emptyDelta =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}\n\n'
const delta = emptyDelta.replace('"text":""', '"text":"hello"')
const open = { 'content-type': 'text/event-stream' }

function repeat(response: Parameters<Answer>[0], before: string, text: string): void {
  response.writeHead(200, open).write(before)
  const timer = setInterval(() => response.write(text), 10)
  response.on('close', () => clearInterval(timer))
}

for (const [what, answer] of [
  ['a start and silence', (response) => response.writeHead(200, open).write(start)],
  ['a delta and silence', (response) => response.writeHead(200, open).write(`${start}${blockStart}${delta}`)],
  ['pings for ever', (response) => repeat(response, start, ping)],
  ['pings for ever inside a block', (response) => repeat(response, `${start}${blockStart}${delta}`, ping)],
  ['empty deltas for ever', (response) => repeat(response, `${start}${blockStart}`, emptyDelta)],
] as [string, Answer][]) {
  test(`${what} is PROVIDER_STALLED, and the upstream request ends`, async (t: TestContext) => {
    let closed = false
    await using upstream = await startRecordedUpstream((response, request) => {
      response.on('close', () => {
        closed = true
      })
      answer(response, request)
    })
    await using client = anthropicClientOf(upstream.url, { timeouts: shortTimeouts })
    const { code } = await collect(client.generate(testContext(), modelRequest('hi')))
    t.assert.equal(code, 'PROVIDER_STALLED')
    await waitUntil(() => closed, { timeoutMs: 1_000 })
  })
}

const errorEvent = (type: string) =>
  `${start}${blockStart}${delta}event: error\ndata: {"type":"error","error":{"type":"${type}","message":"words"}}\n\n`
for (const [text, code] of [
  [errorEvent('overloaded_error'), 'PROVIDER_UNAVAILABLE'],
  [errorEvent('api_error'), 'PROVIDER_UNAVAILABLE'],
  [errorEvent('rate_limit_error'), 'PROVIDER_RATE_LIMITED'],
  [errorEvent('authentication_error'), 'PROVIDER_UNAUTHORISED'],
  [errorEvent('invalid_request_error'), 'PROVIDER_REFUSED'],
  [`${start}${blockStart}${delta}`, 'PROVIDER_GARBLED'],
  [`${start}${delta}`, 'PROVIDER_GARBLED'],
  [`${start}${blockStart}${blockStart}`, 'PROVIDER_GARBLED'],
] as const) {
  test(`a stream that ends with ${text.slice(-70).replaceAll('\n', ' ')} is ${code}`, async (t: TestContext) => {
    await using upstream = await startRecordedUpstream(send(200, text, open))
    await using client = anthropicClientOf(upstream.url)
    const outcome = await collect(client.generate(testContext(), modelRequest('hi')))
    t.assert.equal(outcome.code, code)
  })
}

const body = (type: string, message: string) => JSON.stringify({ type: 'error', error: { type, message } })
for (const [status, text, code] of [
  [529, body('overloaded_error', 'Overloaded'), 'PROVIDER_UNAVAILABLE'],
  [429, body('rate_limit_error', 'slow down'), 'PROVIDER_RATE_LIMITED'],
  [404, body('not_found_error', 'model: claude-none'), 'MODEL_NOT_FOUND'],
  [400, body('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'), 'CONTEXT_TOO_LONG'],
  [400, body('invalid_request_error', 'input length and `max_tokens` exceed context limit'), 'CONTEXT_TOO_LONG'],
  [400, body('invalid_request_error', 'max_tokens: too large'), 'PROVIDER_REFUSED'],
  [402, body('billing_error', 'no credit'), 'PROVIDER_UNAUTHORISED'],
  [200, '{"type":"message","content":[],"stop_reason":null}', 'PROVIDER_GARBLED'],
  [200, '{}', 'PROVIDER_GARBLED'],
] as const) {
  test(`${status} ${text.slice(0, 90)} is ${code}`, async (t: TestContext) => {
    await using upstream = await startRecordedUpstream(send(status, text))
    await using client = anthropicClientOf(upstream.url)
    const outcome = await collect(client.generate(testContext(), modelRequest('hi', { delivery: 'whole' })))
    t.assert.equal(outcome.code, code)
  })
}

test('the request carries the key, the version, the betas and the attempt', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(send(529, ''))
  for (const root of ['/deep?a=b', '/deep/v1/?a=b']) {
    await using client = anthropicClientOf(new URL(root, upstream.url), { key: 'sk-ant-test' })
    const options = {
      native: {
        dialect: 'messages' as const,
        parameters: { 'anthropic-beta': 'one,two', 'anthropic-version': '2026-10-21' },
      },
    }
    await collect(client.generate(testContext(), modelRequest('hi', { options, attempt: 3 })))
  }
  for (const { path, headers, body: sent } of upstream.received) {
    t.assert.equal(path, '/deep/v1/messages?a=b')
    t.assert.equal(headers['x-api-key'], 'sk-ant-test')
    t.assert.equal(headers['anthropic-version'], '2026-10-21')
    t.assert.equal(headers['anthropic-beta'], 'one,two')
    t.assert.equal(headers['accept-encoding'], 'identity')
    t.assert.equal(headers['x-client-request-id'], 'resp_1.3')
    t.assert.equal(headers.authorization, undefined)
    t.assert.doesNotMatch(sent, /one,two|2026/)
  }
})

test('an aborted signal reaches the upstream', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = anthropicClientOf(new URL(upstream.url))
  const controller = new AbortController()
  const request = modelRequest('/simulate first_ms=60000\nhi')
  const running = collect(client.generate(testContext({ signal: controller.signal }), request))
  await waitUntil(() => upstream.requests.length === 1)
  controller.abort(new AppError('CALL_TIMEOUT', 'too late'))
  t.assert.equal((await running).code, 'CALL_TIMEOUT')
  await waitUntil(() => upstream.requests[0]?.aborted === true, { timeoutMs: 5_000 })
})

for (const delivery of ['whole', 'incremental'] as const) {
  test(`${delivery}: signed reasoning goes round with its calls, and is refused once changed`, async (t: TestContext) => {
    await using upstream = await startSimulatedUpstream()
    await using client = anthropicClientOf(new URL(upstream.url))
    const options = { tools: [weather] }
    const asked = userMessage('/simulate reasoning=5 redacted\ncall get_weather')
    const first = await collect(client.generate(testContext(), modelRequest('', { delivery, options, items: [asked] })))
    const answer = first.steps.flatMap((step) => (step.type === 'item-end' ? [step.item] : []))
    t.assert.deepEqual(
      answer.map(({ type }) => type),
      ['reasoning', 'reasoning', 'function_call'],
    )
    const call = answer.find((item) => item.type === 'function_call')
    const output: Item = { type: 'function_call_output', id: 'o', call_id: call?.call_id ?? '', output: 'sunny' }
    const next = (items: Item[]) =>
      collect(client.generate(testContext(), modelRequest('', { delivery, options, items: [asked, ...items, output] })))
    t.assert.match(told((await next(answer)).steps).text, /sunny/)
    const changed = answer.map((item) => ('signature' in item ? { ...item, signature: 'other' } : item))
    t.assert.equal((await next(changed)).code, 'PROVIDER_REFUSED')
  })
}

test('input is counted by the provider', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = anthropicClientOf(new URL(upstream.url))
  const request = modelRequest('hello there', { options: { tools: [weather], temperature: 0.5, stop: ['x'] } })
  const tokens = await client.countInput(testContext(), request)
  t.assert.ok(tokens > 20, String(tokens))
  await using failing = await startRecordedUpstream(send(529, body('overloaded_error', 'Overloaded')))
  await using other = anthropicClientOf(failing.url)
  await t.assert.rejects(other.countInput(testContext(), request), { code: 'PROVIDER_UNAVAILABLE' })
  const counted = JSON.parse(failing.received[0]?.body ?? '') as object
  t.assert.deepEqual(Object.keys(counted).sort(), ['messages', 'model', 'tools'])
})

test('models are listed as the provider reports them; embeddings it has none', async (t: TestContext) => {
  const list = '{"data":[{"type":"model","id":"claude-a","created_at":"2025-02-19T00:00:00Z"}],"has_more":false}'
  await using upstream = await startRecordedUpstream(send(200, list))
  await using client = anthropicClientOf(upstream.url)
  t.assert.deepEqual(await client.listModels(testContext()), [
    { providerModel: 'claude-a', createdAt: Date.UTC(2025, 1, 19) },
  ])
  t.assert.equal(upstream.received[0]?.path, '/v1/models?limit=1000')
  await t.assert.rejects(client.embed(), { code: 'UNSUPPORTED_PARAMETER' })
})
