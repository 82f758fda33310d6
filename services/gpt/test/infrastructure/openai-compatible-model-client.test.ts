import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { testContext } from '@parley/testkit/context.ts'
import { waitUntil } from '@parley/testkit/latch.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { clientOf } from '../client-of.ts'
import { collect, longTimeouts, modelRequest, shortTimeouts, told } from '../model-steps.ts'
import { type Answer, events, finish, hello, send, startRecordedUpstream } from '../recorded-upstream.ts'

const emptyDelta = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
const open = { 'content-type': 'text/event-stream' }
for (const [what, answer] of [
  ['silence', () => {}],
  ['headers and silence', (response) => response.writeHead(200, open).flushHeaders()],
  ['a delta and silence', (response) => response.writeHead(200, open).write(hello)],
  ['comments for ever', (response) => repeat(response, ': ping\n\n')],
  ['empty deltas for ever', (response) => repeat(response, emptyDelta)],
] as [string, Answer][]) {
  test(`${what} is PROVIDER_STALLED, and the upstream request ends`, async (t: TestContext) => {
    let closed = false
    await using upstream = await startRecordedUpstream((response, request) => {
      response.on('close', () => {
        closed = true
      })
      answer(response, request)
    })
    await using client = clientOf(upstream.url, { timeouts: shortTimeouts })
    const { code } = await collect(client.generate(testContext(), modelRequest('hi')))
    t.assert.equal(code, 'PROVIDER_STALLED')
    await waitUntil(() => closed, { timeoutMs: 1_000 })
  })
}

function repeat(response: Parameters<Answer>[0], text: string): void {
  response.writeHead(200, open)
  const timer = setInterval(() => response.write(text), 10)
  response.on('close', () => clearInterval(timer))
}

test('a whole answer that never comes is PROVIDER_STALLED', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(() => {})
  await using client = clientOf(upstream.url, { timeouts: shortTimeouts })
  const { code } = await collect(client.generate(testContext(), modelRequest('hi', { delivery: 'whole' })))
  t.assert.equal(code, 'PROVIDER_STALLED')
})

test('slow but steady deltas are no stall', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = clientOf(new URL(upstream.url), { timeouts: shortTimeouts })
  const request = modelRequest('/simulate chunks=12 interval_ms=40\nhi')
  const { steps, code } = await collect(client.generate(testContext(), request))
  t.assert.deepEqual([code, told(steps).end?.finish], [null, 'stop'])
})

for (const delivery of ['whole', 'incremental'] as const) {
  test(`${delivery}: an aborted signal reaches the upstream within a second`, async (t: TestContext) => {
    await using upstream = await startSimulatedUpstream()
    await using client = clientOf(new URL(upstream.url))
    const controller = new AbortController()
    const running = collect(
      client.generate(
        testContext({ signal: controller.signal }),
        modelRequest('/simulate first_ms=60000\nhi', { delivery }),
      ),
    )
    await waitUntil(() => upstream.requests.length === 1)
    controller.abort(new AppError('CALL_TIMEOUT', 'too late'))
    t.assert.equal((await running).code, 'CALL_TIMEOUT')
    await waitUntil(() => upstream.requests[0]?.aborted === true, { timeoutMs: 1_000 })
  })
}

test('an aborted signal prevents the call', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = clientOf(new URL(upstream.url))
  const { code } = await collect(client.generate(testContext({ signal: AbortSignal.abort() }), modelRequest('hi')))
  t.assert.deepEqual([code, upstream.requestCount], ['CALL_CANCELLED', 0])
})

test('a call that waits for a connection can be aborted and is never sent', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = clientOf(new URL(upstream.url), { connectionsMax: 1 })
  const first = new AbortController()
  const second = new AbortController()
  const call = (signal: AbortSignal) =>
    collect(client.generate(testContext({ signal }), modelRequest('/simulate first_ms=60000\nhi')))
  const running = call(first.signal)
  await waitUntil(() => upstream.requests.length === 1)
  const waiting = call(second.signal)
  second.abort()
  t.assert.equal((await waiting).code, 'CALL_CANCELLED')
  first.abort()
  await running
  const { code } = await collect(client.generate(testContext(), modelRequest('hi')))
  t.assert.deepEqual([code, upstream.requestCount], [null, 2])
})

test('a consumer that leaves ends the upstream request', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = clientOf(new URL(upstream.url))
  for await (const step of client.generate(testContext(), modelRequest('/simulate stall_after=1\nhi'))) {
    if (step.type === 'text-delta') break
  }
  await waitUntil(() => upstream.requests[0]?.aborted === true, { timeoutMs: 1_000 })
  t.assert.equal(upstream.requestCount, 1)
})

test('a consumer that does not read stops the upstream, and gets everything once it reads', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  await using client = clientOf(new URL(upstream.url), { timeouts: { ...longTimeouts, idleMs: shortTimeouts.idleMs } })
  const request = modelRequest('/simulate text_bytes=16000000 chunks=4000 interval_ms=0 first_ms=1\nhi')
  const steps = client.generate(testContext({ deadlineMs: 60_000 }), request)[Symbol.asyncIterator]()
  await steps.next()
  await steps.next()
  let sent = -1
  const isStill = async () => {
    const before = sent
    // Longer than the idle time-out: a pause of the consumer is no stall of the provider.
    await new Promise((resolve) => setTimeout(resolve, 2 * shortTimeouts.idleMs))
    sent = upstream.requests[0]?.bytes ?? 0
    return before === sent
  }
  await waitUntil(isStill, { timeoutMs: 10_000, what: 'the upstream at rest' })
  t.assert.ok(sent < 12_000_000, `the upstream wrote ${sent} bytes`)
  let bytes = 0
  for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
    if (step.value.type === 'item-end' && step.value.item.type === 'message') {
      bytes = step.value.item.content.reduce(
        (sum, part) => sum + ('text' in part ? Buffer.byteLength(part.text) : 0),
        0,
      )
    }
  }
  t.assert.equal(bytes, 16_000_000)
})

test('the connection is kept from call to call', async (t: TestContext) => {
  const ports = new Set<number | undefined>()
  await using upstream = await startRecordedUpstream((response, request) => {
    ports.add(response.socket?.remotePort)
    events(`${hello}${finish}data: [DONE]\n\n`)(response, request)
  })
  await using client = clientOf(upstream.url)
  for (let call = 0; call < 5; call++) {
    for await (const step of client.generate(testContext(), modelRequest('hi'))) if (step.type === 'model-end') break
  }
  // The next call may come before the last bytes of the answer have: then there are two.
  t.assert.ok(ports.size <= 2, `${ports.size} connections`)
})

test('a stream that stays open after its finish reason still ends', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream((response) => {
    response.writeHead(200, open)
    response.write(`${hello}${finish}`)
  })
  await using client = clientOf(upstream.url)
  const { steps, code } = await collect(client.generate(testContext(), modelRequest('hi')))
  t.assert.deepEqual([code, told(steps).end?.usage], [null, null])
})

test('a stream whose provider answers in one piece is read as one', async (t: TestContext) => {
  const whole = '{"choices":[{"message":{"content":"all at once"},"finish_reason":"stop"}]}'
  await using upstream = await startRecordedUpstream(send(200, whole))
  await using client = clientOf(upstream.url)
  const { steps } = await collect(client.generate(testContext(), modelRequest('hi', { providerModel: 'm' })))
  t.assert.deepEqual([told(steps).text, told(steps).end?.providerModel], ['all at once', 'm'])
})

test('an answer of more than 32 MB is refused', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(send(200, ' '.repeat(33 * 1024 * 1024)))
  await using client = clientOf(upstream.url)
  const { code, error: failure } = await collect(
    client.generate(testContext(), modelRequest('hi', { delivery: 'whole' })),
  )
  t.assert.deepEqual([code, /too large/.test(failure?.message ?? '')], ['PROVIDER_GARBLED', true])
})

test('the request carries the key, the attempt and nothing compressed', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(events(`${hello}${finish}`))
  const url = new URL(`${upstream.url.origin}/deep/v1/?api-version=preview`)
  await using client = clientOf(url, { key: 'sk-test' })
  await collect(client.generate(testContext(), modelRequest('hi', { responseId: 'resp_\n7', attempt: 3 })))
  const [request] = upstream.received
  t.assert.equal(request?.path, '/deep/v1/chat/completions?api-version=preview')
  t.assert.equal(request?.headers.authorization, 'Bearer sk-test')
  t.assert.equal(request?.headers['accept-encoding'], 'identity')
  t.assert.equal(request?.headers['x-client-request-id'], 'resp__7.3')
})

test('models are listed as the provider reports them', async (t: TestContext) => {
  const list = '{"object":"list","data":[{"id":"a","created":7},{"id":"b"},{"id":3},null]}'
  await using upstream = await startRecordedUpstream(send(200, list))
  await using client = clientOf(upstream.url)
  const models = await client.listModels(testContext())
  t.assert.deepEqual(models, [
    { providerModel: 'a', createdAt: 7_000 },
    { providerModel: 'b', createdAt: null },
  ])
})

test('a list of models that cannot be had is an error of the provider', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(send(503, ''))
  await using client = clientOf(upstream.url)
  await t.assert.rejects(client.listModels(testContext()), { code: 'PROVIDER_UNAVAILABLE' })
})
