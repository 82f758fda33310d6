import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { bodyDepthMax, parseBody } from '../../interface/http/parse-body.ts'
import { type Harness, startHarness } from '../harness.ts'

const chat = '/v1/chat/completions'
const body = { model: 'simulated', messages: [{ role: 'user', content: 'Hi' }] }

interface Refusal {
  status: number
  code: string
  param: string | null
  message: string
}

async function refusal(answer: globalThis.Response): Promise<Refusal> {
  const { error } = (await answer.json()) as { error: Omit<Refusal, 'status'> & { type: string } }
  const { code, param, message } = error
  return { status: answer.status, code, param, message }
}

test('bodies that must not get in are refused with the place and the reason', async (t: TestContext) => {
  await using gateway = await startHarness({ config: { bodyBytesMax: 10_000 } })
  const text = (content: string) => `{"model":"m","messages":[{"role":"user","content":${content}}]}`
  const cases: [string, string | Uint8Array<ArrayBuffer>, number, string, string | null][] = [
    ['nothing', '', 400, 'invalid_request', null],
    ['no JSON', '{"model":', 400, 'invalid_json', null],
    ['two values', '{} {}', 400, 'invalid_json', null],
    ['a list', '[]', 400, 'invalid_request', null],
    ['null', 'null', 400, 'invalid_request', null],
    ['a deep one', `{"a":${'['.repeat(bodyDepthMax)}${']'.repeat(bodyDepthMax)}}`, 400, 'invalid_json', null],
    ['__proto__', '{"__proto__":{"x":1}}', 400, 'invalid_json', null],
    ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}', 400, 'invalid_json', null],
    ['the same key twice', '{"model":"a","model":"b"}', 400, 'invalid_json', null],
    ['NUL', text('"a\\u0000b"'), 400, 'invalid_json', 'messages[0].content'],
    ['half a surrogate pair', text('"\\ud83d"'), 400, 'invalid_json', 'messages[0].content'],
    ['a number beyond all', '{"model":"m","seed":1e400}', 400, 'invalid_json', 'seed'],
    ['bytes that are no text', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'invalid_json', null],
    ['too much', text(JSON.stringify('x'.repeat(10_000))), 413, 'body_too_large', null],
    ['a missing field', '{"model":"m"}', 400, 'invalid_request', 'messages'],
    ['a wrong type', '{"model":"m","messages":{}}', 400, 'invalid_request', 'messages'],
    [
      'an unknown role',
      '{"model":"m","messages":[{"role":"x","content":""}]}',
      400,
      'invalid_request',
      'messages[0].role',
    ],
    ['content of a wrong type', text('5'), 400, 'invalid_request', 'messages[0].content'],
    ['a part without text', text('[{"type":"text"}]'), 400, 'invalid_request', 'messages[0].content[0].text'],
    ['a parameter out of range', '{"model":"m","messages":[],"temperature":9}', 400, 'invalid_request', 'messages'],
  ]
  for (const [name, sent, status, code, param] of cases) {
    const answer = await gateway.fetch(chat, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: sent,
    })
    const { message, ...found } = await refusal(answer)
    t.assert.deepStrictEqual(found, { status, code, param }, name)
    t.assert.ok(message.length > 10, name)
  }
  t.assert.strictEqual(gateway.fakes.submissions.length, 0)
  t.assert.strictEqual((await gateway.post(chat, body)).status, 200)
})

test('only JSON is taken for JSON', async (t: TestContext) => {
  await using gateway = await startHarness()
  for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', ' application/json']) {
    t.assert.strictEqual((await gateway.post(chat, body, { 'content-type': type })).status, 200, type)
  }
  for (const type of [
    'text/plain',
    'application/json\ta',
    'application/jsonx',
    'x',
    'application/x-www-form-urlencoded',
  ]) {
    const { status, code } = await refusal(await gateway.post(chat, body, { 'content-type': type }))
    t.assert.deepStrictEqual([status, code], [415, 'content_type_unsupported'], type)
  }
  const untyped = await raw(gateway, [
    `POST ${chat} HTTP/1.1`,
    'host: x',
    'authorization: Bearer key-a',
    'content-length: 2',
    '',
    '{}',
  ])
  t.assert.match(untyped, /^HTTP\/1\.1 415 /)
})

test('a compressed body is not unpacked', async (t: TestContext) => {
  await using gateway = await startHarness()
  const packed = gzipSync('{"model":"m"}')
  const answer = await gateway.fetch(chat, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: new Uint8Array(packed),
  })
  t.assert.strictEqual(answer.status, 400)
})

test('what is not HTTP gets an envelope, and two credentials in one header name are seen', async (t: TestContext) => {
  await using gateway = await startHarness()
  const nonsense = await raw(gateway, ['NONSENSE', '', ''])
  t.assert.match(nonsense, /^HTTP\/1\.1 400 /)
  t.assert.match(nonsense, /\{"error":\{"message":"This is not a valid HTTP request\."/)
  const lines = ['GET /v1/models HTTP/1.1', 'host: x', 'connection: close']
  const twice = await raw(gateway, [...lines, 'authorization: Bearer key-a', 'authorization: Bearer key-b', '', ''])
  t.assert.match(twice, /^HTTP\/1\.1 400 /)
  const keyTwice = ['idempotency-key: a', 'idempotency-key: b', 'content-type: application/json', 'content-length: 15']
  const post = [
    `POST /v1/responses HTTP/1.1`,
    'host: x',
    'connection: close',
    'authorization: Bearer key-a',
    ...keyTwice,
  ]
  t.assert.match(await raw(gateway, [...post, '', '{"input":"Hello"}'.slice(0, 15)]), /^HTTP\/1\.1 400 /)
})

test('odd ids and queries are refused or not found, and never an error of ours', async (t: TestContext) => {
  await using gateway = await startHarness()
  for (const path of [
    '/v1/responses/%00',
    `/v1/responses/${'x'.repeat(2_000)}`,
    '/v1/responses/%F0%9F%98%80',
    '/v1/conversations/..%2f..%2fetc',
    '/parley/users/%0a',
    '/v1/responses/x?stream=maybe',
    '/v1/responses/x?starting_after=-1',
    '/v1/responses/x?starting_after=5',
    '/v1/conversations/x/items?limit=0',
    '/v1/conversations/x/items?limit=1e2',
    '/v1/conversations/x/items?limit=1&limit=2',
    '/v1/conversations/x/items?order=up',
    '/parley/sessions?status=odd',
    '/parley/users?after=%00',
  ]) {
    const { status } = await gateway.fetch(path)
    t.assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
  }
  t.assert.strictEqual((await gateway.fetch('/v1/models?beta=true&include[]=a&include[]=b')).status, 200)
})

test('whatever JSON is sent to whatever route, the answer is never an error of ours', async (t: TestContext) => {
  await using gateway = await startHarness()
  const withBody = gateway.routes.filter(({ body: schema }) => schema !== null)
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, '', 'x', 0, -1, 1.5, 'auto', 'function', 'json_schema', 'user', 'text', '__proto__'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...fieldNames), tie('any'), { maxKeys: 5 }),
    ),
  })).any
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...withBody), value, async ({ method, path }, sent) => {
      const answer = await gateway.fetch(path.replaceAll(/\{\w+\}/g, 'x'), {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      })
      t.assert.ok(answer.status < 500, `${method} ${path} ${JSON.stringify(sent)}`)
      await answer.body?.cancel()
    }),
    { numRuns: 400 },
  )
})

test('a body that is taken is the one that was sent', (t: TestContext) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      let parsed: unknown
      try {
        parsed = parseBody(Buffer.from(json))
      } catch {
        fc.pre(false)
      }
      t.assert.deepStrictEqual(parsed, JSON.parse(json))
    }),
  )
})

const fieldNames = [
  'model',
  'messages',
  'role',
  'content',
  'type',
  'text',
  'tools',
  'function',
  'name',
  'parameters',
  'input',
  'items',
  'metadata',
  'tool_calls',
  'image_url',
  'url',
  'response_format',
  'json_schema',
  'schema',
  'stream',
  'preferences',
  'profile',
  'prompt',
  'id',
  'toString',
]

/** Sends lines over a bare socket and resolves to everything that comes back until the connection ends. */
async function raw(gateway: Harness, lines: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1' })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
    if (text.includes('"}}') || text.includes('null}}')) socket.end()
  })
  socket.on('close', () => resolve(text))
  socket.on('error', () => resolve(text))
  socket.write(lines.join('\r\n'))
  return promise
}
