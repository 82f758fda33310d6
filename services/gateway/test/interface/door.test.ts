import { type TestContext, test } from 'node:test'
import { createFakeClock } from '@parley/testkit/clock.ts'
import { Validator } from '@seriousme/openapi-schema-validator'
import { fromArray } from '../fakes.ts'
import { hello } from '../frames.ts'
import { key, startHarness } from '../harness.ts'

const body = { model: 'simulated', messages: [{ role: 'user', content: 'Hi' }] }

test('a request without a usable key is refused before its body is read', async (t: TestContext) => {
  await using gateway = await startHarness()
  const cases: [Record<string, string>, number, string][] = [
    [{}, 401, 'key_missing'],
    [{ authorization: 'Bearer ' }, 401, 'key_missing'],
    [{ authorization: 'Bearer nobody' }, 401, 'invalid_api_key'],
    [{ authorization: 'Basic a2V5LWE=' }, 401, 'invalid_api_key'],
    [{ 'x-api-key': 'nobody' }, 401, 'invalid_api_key'],
    [{ authorization: 'Bearer key-a', 'x-api-key': 'key-b' }, 400, 'invalid_request'],
  ]
  for (const [headers, status, code] of cases) {
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{not json',
    })
    const { error } = (await answer.json()) as { error: { code: string; message: string } }
    t.assert.deepStrictEqual([answer.status, error.code], [status, code], JSON.stringify(headers))
    t.assert.ok(!error.message.includes('nobody'))
    if (status === 401) t.assert.strictEqual(answer.headers.get('www-authenticate'), 'Bearer')
  }
})

test('a key may be sent in either header, or in both if they agree', async (t: TestContext) => {
  await using gateway = await startHarness()
  for (const headers of [
    { authorization: 'Bearer key-a' },
    { authorization: 'bearer   key-a' },
    { 'x-api-key': 'key-a' },
    { authorization: 'Bearer key-a', 'x-api-key': 'key-a' },
  ]) {
    t.assert.strictEqual((await fetch(`${gateway.url}/v1/models`, { headers })).status, 200)
  }
})

test('every route asks for its scope and nothing less', async (t: TestContext) => {
  await using gateway = await startHarness({ keys: { poor: key('tenant-a', { scopes: [] }) } })
  for (const { method, path, scope } of gateway.routes) {
    const answer = await gateway.fetch(path.replaceAll(/\{\w+\}/g, 'x'), { method, key: 'poor' })
    t.assert.strictEqual(answer.status, scope === null ? 200 : 403, `${method} ${path}`)
    const anonymous = await fetch(gateway.url + path.replaceAll(/\{\w+\}/g, 'x'), { method })
    t.assert.strictEqual(anonymous.status, scope === null ? 200 : 401, `${method} ${path}`)
  }
})

test('a limited key hears where it stands, and is refused beyond its limit', async (t: TestContext) => {
  const clock = createFakeClock()
  const keys = { slow: key('tenant-a', { requestsPerMinute: 2 }) }
  await using gateway = await startHarness({ keys, clock })
  const ask = () => gateway.fetch('/v1/models', { key: 'slow' })
  const seen: (string | null)[][] = []
  for (let count = 0; count < 3; count++) {
    const { status, headers } = await ask()
    seen.push([
      String(status),
      ...['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}-requests`)),
    ])
    if (status === 429) {
      t.assert.deepStrictEqual(
        ['x-should-retry', 'retry-after', 'retry-after-ms'].map((name) => headers.get(name)),
        ['true', '30', '30000'],
      )
    }
  }
  t.assert.deepStrictEqual(seen, [
    ['200', '2', '1', '30s'],
    ['200', '2', '0', '1m0s'],
    ['429', '2', '0', '1m0s'],
  ])
  clock.advance(30_000)
  t.assert.strictEqual((await ask()).status, 200)
  t.assert.strictEqual((await gateway.fetch('/v1/models')).headers.get('x-ratelimit-limit-requests'), null)
})

test('unknown paths and methods are refused in the same envelope', async (t: TestContext) => {
  await using gateway = await startHarness()
  const missing = await gateway.fetch('/v1/nothing')
  t.assert.deepStrictEqual([missing.status, await codeOf(missing)], [404, 'route_not_found'])
  const wrong = await gateway.fetch('/v1/conversations/x', { method: 'PUT' })
  t.assert.deepStrictEqual([wrong.status, await codeOf(wrong)], [405, 'method_not_allowed'])
  t.assert.strictEqual(wrong.headers.get('allow'), 'GET, POST, DELETE')
  const undecodable = await gateway.fetch('/v1/models/%zz')
  t.assert.deepStrictEqual([undecodable.status, await codeOf(undecodable)], [400, 'invalid_request'])
})

test('ids and headers of the caller go along when they are sane', async (t: TestContext) => {
  await using gateway = await startHarness()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await gateway.post('/v1/chat/completions', body, { 'x-correlation-id': 'mine', traceparent })
  await gateway.post('/v1/chat/completions', body, { 'x-correlation-id': 'no spaces', traceparent: '00-0-0-0' })
  const [sane, odd] = gateway.fakes.submissions.map(({ context }) => context)
  t.assert.deepStrictEqual([sane?.correlationId, sane?.traceparent], ['mine', traceparent])
  t.assert.deepStrictEqual([odd?.correlationId, odd?.traceparent], [odd?.requestId, null])
  t.assert.deepStrictEqual(sane?.principal, {
    tenant: 'tenant-a',
    keyId: 'key_of_tenant-a',
    scopes: key('x').principal.scopes,
  })
})

test('an idempotency key is one per route, with or without quotes, and has a form', async (t: TestContext) => {
  await using gateway = await startHarness()
  await gateway.post('/v1/chat/completions', body, { 'idempotency-key': 'k' })
  await gateway.post('/v1/chat/completions', body, { 'idempotency-key': '"k"' })
  await gateway.post('/v1/responses', { input: 'Hi' }, { 'idempotency-key': 'k' })
  t.assert.deepStrictEqual(
    gateway.fakes.submissions.map(({ submission }) => submission.idempotencyKey),
    ['chat:k', 'chat:k', 'responses:k'],
  )
  for (const value of ['', '""', 'with space', 'k'.repeat(256)]) {
    const answer = await gateway.post('/v1/chat/completions', body, { 'idempotency-key': value })
    t.assert.strictEqual(answer.status, 400, value)
  }
})

test('the access log and the metrics tell of each request, and of no content', async (t: TestContext) => {
  await using gateway = await startHarness()
  gateway.fakes.script = (_context, after) => fromArray(hello, after)
  await gateway.post('/v1/chat/completions', { ...body, messages: [{ role: 'user', content: 'canary-prompt' }] })
  await gateway.fetch('/v1/conversations/canary-id')
  t.assert.deepStrictEqual(
    gateway.logLines.map((line) => [
      line['http.request.method'],
      line['url.path'],
      line['http.response.status_code'],
      line['labels.key'],
      line['labels.tenant'],
    ]),
    [
      ['POST', '/v1/chat/completions', 200, 'key_of_tenant-a', 'tenant-a'],
      ['GET', '/v1/conversations/{conversation_id}', 404, 'key_of_tenant-a', 'tenant-a'],
    ],
  )
  const metrics = await gateway.metrics.metrics()
  t.assert.match(
    metrics,
    /parley_gateway_requests_total\{method="POST",route="\/v1\/chat\/completions",status="2xx"\} 1/,
  )
  for (const text of [JSON.stringify(gateway.logLines), metrics]) t.assert.doesNotMatch(text, /canary|key-a/)
})

test('the OpenAPI document is valid and describes every route', async (t: TestContext) => {
  await using gateway = await startHarness()
  const answer = await fetch(`${gateway.url}/openapi.json`)
  const document = (await answer.json()) as { paths: Record<string, Record<string, object>> }
  t.assert.deepStrictEqual(await new Validator().validate(document), { valid: true })
  for (const { method, path } of gateway.routes) t.assert.ok(document.paths[path]?.[method.toLowerCase()], path)
})

async function codeOf(answer: globalThis.Response): Promise<string> {
  return ((await answer.json()) as { error: { code: string } }).error.code
}
