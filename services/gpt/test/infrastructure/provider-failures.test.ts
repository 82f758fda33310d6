import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { testContext } from '@parley/testkit/context.ts'
import { clientOf } from '../client-of.ts'
import { collect, modelRequest, told } from '../model-steps.ts'
import { type Answer, events, finish, hello, send, startRecordedUpstream } from '../recorded-upstream.ts'

const error = (message: string, code: string | null = null) => JSON.stringify({ error: { message, code } })

/** What the upstream does, the code it becomes, and what the message must contain. */
const failures: [what: string, answer: Answer, code: string, message: RegExp][] = [
  ['400', send(400, error('bad temperature')), 'PROVIDER_REFUSED', /bad temperature/],
  ['404 for the path', send(404, error('no such route')), 'PROVIDER_REFUSED', /no such route/],
  ['404 for the model', send(404, error('gone', 'model_not_found')), 'MODEL_NOT_FOUND', /gone/],
  ['404 page', send(404, '<html>', { 'content-type': 'text/html' }), 'PROVIDER_GARBLED', /base URL/],
  ['422', send(422, '{"detail":"wrong field"}'), 'PROVIDER_REFUSED', /wrong field/],
  ['too long by code', send(400, error('x', 'context_length_exceeded')), 'CONTEXT_TOO_LONG', /x/],
  ['too long by words', send(400, '{"message":"maximum context length is 4"}'), 'CONTEXT_TOO_LONG', /4/],
  ['401', send(401, error('Incorrect API key: sk-canary-123456')), 'PROVIDER_UNAUTHORISED', /credentials/],
  ['402', send(402, error('pay')), 'PROVIDER_UNAUTHORISED', /credentials/],
  ['403', send(403, error('no')), 'PROVIDER_UNAUTHORISED', /credentials/],
  ['429', send(429, error('slow down')), 'PROVIDER_RATE_LIMITED', /slow down/],
  ['500', send(500, error('oops')), 'PROVIDER_UNAVAILABLE', /oops/],
  ['502 page', send(502, '<html>', { 'content-type': 'text/html' }), 'PROVIDER_UNAVAILABLE', /502/],
  ['529', send(529, ''), 'PROVIDER_UNAVAILABLE', /529/],
  ['a redirect', send(307, '', { location: 'http://127.0.0.1:1/' }), 'PROVIDER_GARBLED', /redirect/],
  ['nothing', send(200, ''), 'PROVIDER_GARBLED', /empty/],
  ['HTML', send(200, '<html>', { 'content-type': 'text/html' }), 'PROVIDER_GARBLED', /understood/],
  ['half a JSON', send(200, '{"choices":['), 'PROVIDER_GARBLED', /not JSON/],
  ['JSON of another kind', send(200, '[1]'), 'PROVIDER_GARBLED', /not a JSON object/],
  ['no choices', send(200, '{"choices":[]}'), 'PROVIDER_GARBLED', /no message/],
  ['an error in a 200', send(200, error('inside')), 'PROVIDER_UNAVAILABLE', /inside/],
  ['compressed', send(200, '{}', { 'content-encoding': 'gzip' }), 'PROVIDER_GARBLED', /compress/],
  ['endless headers', send(200, '{}', { 'x-long': 'x'.repeat(100_000) }), 'PROVIDER_GARBLED', /broke off/],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 'PROVIDER_UNAVAILABLE', /reached/],
  ['a closed connection', (response) => response.socket?.end(), 'PROVIDER_UNAVAILABLE', /reached/],
]

/** The same for answers that only a stream can give. */
const streamFailures: typeof failures = [
  ['an end before the answer', events(hello), 'PROVIDER_GARBLED', /ended before/],
  ['a cut event', events(`${hello}${finish.slice(0, 40)}`), 'PROVIDER_GARBLED', /ended before/],
  ['[DONE] without an answer', events('data: [DONE]\n\n'), 'PROVIDER_GARBLED', /ended before/],
  ['broken JSON', events(`${hello}data: {"choices":[\n\n`), 'PROVIDER_GARBLED', /not JSON/],
  ['lines that are no events', events('hello\nworld\n\n'), 'PROVIDER_GARBLED', /ended before/],
  ['an error event', events(`${hello}data: ${error('broke')}\n\n`), 'PROVIDER_UNAVAILABLE', /broke/],
  [
    'an error event with a status',
    events('data: {"error":{"code":429,"message":"z"}}\n\n'),
    'PROVIDER_RATE_LIMITED',
    /z/,
  ],
  ['an error event in words', events('data: {"error":"too many tokens"}\n\n'), 'PROVIDER_UNAVAILABLE', /tokens/],
  [
    'a bad request event',
    events(`data: {"error":{"type":"invalid_request_error"}}\n\n`),
    'PROVIDER_REFUSED',
    /refused/,
  ],
  ['an event of 11 MB', events(`data: {"x":"${'x'.repeat(11 * 1024 * 1024)}"}\n\n`), 'PROVIDER_GARBLED', /too large/],
  [
    'a reset after the first delta',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(hello, () => response.socket?.resetAndDestroy())
    },
    'PROVIDER_GARBLED',
    /broke off/,
  ],
]

for (const delivery of ['whole', 'incremental'] as const) {
  const rows = delivery === 'whole' ? failures : [...failures, ...streamFailures]
  for (const [what, answer, code, message] of rows) {
    test(`${delivery}: ${what} is ${code}`, async (t: TestContext) => {
      await using upstream = await startRecordedUpstream(answer)
      await using client = clientOf(upstream.url, { key: 'sk-canary-123456' })
      const outcome = await collect(client.generate(testContext(), modelRequest('hi', { delivery })))
      t.assert.equal(outcome.code, code)
      t.assert.match(outcome.error?.message ?? '', message)
      t.assert.ok(!JSON.stringify([outcome.error, outcome.error?.message]).includes('canary'))
      t.assert.ok(outcome.steps.every((step) => step.type !== 'model-end'))
      t.assert.equal(upstream.received.length, 1)
    })
  }
}

test('deltas that came before a failure are delivered', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(events(`${hello}${hello}data: nonsense\n\n`))
  await using client = clientOf(upstream.url)
  const { steps, code } = await collect(client.generate(testContext(), modelRequest('hi')))
  t.assert.deepEqual([told(steps).text, code], ['hellohello', 'PROVIDER_GARBLED'])
})

test('a key quoted by the provider is cut from the message', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(send(400, error('your key canary0key is odd, as is sk-abcdefgh1')))
  await using client = clientOf(upstream.url, { key: 'canary0key' })
  const { error: failure } = await collect(client.generate(testContext(), modelRequest('hi')))
  t.assert.match(failure?.message ?? '', /your key \[secret\] is odd, as is \[secret\]/)
})

for (const [header, value, expectedMs] of [
  ['retry-after', '2', 2_000],
  ['retry-after', '0.5', 500],
  ['retry-after-ms', '120', 120],
  ['retry-after', '999999999', 3_600_000],
  ['retry-after', 'soon', null],
  ['retry-after', new Date(0).toUTCString(), 0],
] as const) {
  test(`${header}: ${value} asks to wait ${expectedMs} ms`, async (t: TestContext) => {
    await using upstream = await startRecordedUpstream(send(429, error('slow'), { [header]: value }))
    await using client = clientOf(upstream.url)
    const { error: failure } = await collect(client.generate(testContext(), modelRequest('hi')))
    t.assert.equal(failure?.retryAfterMs, expectedMs)
  })
}

for (const [what, url] of [
  ['a refused connection', 'http://127.0.0.1:1/v1'],
  ['an unknown host', 'http://nowhere.invalid/v1'],
] as const) {
  test(`${what} is PROVIDER_UNAVAILABLE`, async (t: TestContext) => {
    await using client = clientOf(new URL(url))
    const { code } = await collect(client.generate(testContext(), modelRequest('hi')))
    t.assert.equal(code, 'PROVIDER_UNAVAILABLE')
  })
}

test('a server without TLS behind an https URL is PROVIDER_UNAVAILABLE', async (t: TestContext) => {
  await using upstream = await startRecordedUpstream(send(200, '{}'))
  const url = new URL(upstream.url)
  url.protocol = 'https:'
  await using client = clientOf(url)
  const { code } = await collect(client.generate(testContext(), modelRequest('hi')))
  t.assert.equal(code, 'PROVIDER_UNAVAILABLE')
})

test('an answer that is not HTTP is PROVIDER_GARBLED', async (t: TestContext) => {
  const server = createServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  await using client = clientOf(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`))
  const { code } = await collect(client.generate(testContext(), modelRequest('hi')))
  t.assert.equal(code, 'PROVIDER_GARBLED')
})
