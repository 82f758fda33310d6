import { readdirSync, readlinkSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import { waitUntil } from '@parley/testkit/latch.ts'
import fc from 'fast-check'
import { arbitraryOf, type Schema } from '../harness/schema-arbitrary.ts'
import { startSystem } from '../harness/start-system.ts'
import type { System } from '../harness/system.ts'
import {
  hardlyHttp,
  hostileBodies,
  hostileContentTypes,
  hostileHeaders,
  hostileStrings,
  wrongValue,
} from './hostile-values.ts'

/** Requests per route. `npm run fuzz` makes a long run of it; FUZZ_RUNS sets another number, FUZZ_SEED repeats a run. */
const runsPerRoute = Number(process.env['FUZZ_RUNS'] ?? 25)
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
const answerMs = 10_000

interface Operation {
  readonly method: string
  readonly path: string
  readonly parameters: readonly { name: string; in: 'path' | 'query'; schema: Schema }[]
  readonly body: Schema | null
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

describe('any request to any public route', () => {
  let system: System
  let agent: Agent
  let operations: Operation[]
  before(async () => {
    system = await startSystem('one-process', { env: { GATEWAY_REQUESTS_PER_MINUTE: '1000000', LOG_LEVEL: 'warn' } })
    agent = new Agent({ keepAlive: true, maxSockets: 4 })
    operations = await readOperations(system)
  })
  after(() => system.stop())

  test('is answered below 500, with the envelope when it is refused', async (t: TestContext) => {
    t.diagnostic(`seed ${seed}, ${runsPerRoute} requests for each of ${operations.length} routes`)
    t.assert.ok(operations.length > 20, 'the description has the routes')
    const answered = new Map<number, number>()
    for (const operation of operations) {
      const property = fc.asyncProperty(requestsOf(operation), async (sent) => {
        const answer = await send(system, agent, sent)
        answered.set(answer.status, (answered.get(answer.status) ?? 0) + 1)
        checkAnswer(t, sent, answer)
      })
      await fc.assert(property, { seed, numRuns: runsPerRoute })
    }
    t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries(answered))}`)
    for (const status of [200, 400, 404])
      t.assert.ok(answered.has(status), `some requests were answered with ${status}`)
  })

  test('with a hostile text for a parameter is answered or refused', async (t: TestContext) => {
    for (const { method, path, parameters, body } of operations) {
      for (const { in: place, name } of parameters) {
        for (const text of hostileStrings) {
          const value = encode(text)
          const filled = path.replaceAll(/\{(\w+)\}/g, (_, other: string) => (other === name && value) || 'absent')
          const sent: Sent = {
            method,
            path: place === 'query' ? `${filled}?${encode(name)}=${value}` : filled,
            headers: { ...(body !== null && { 'content-type': 'application/json' }) },
            body: body === null ? null : '{}',
          }
          checkAnswer(t, sent, await send(system, agent, sent))
        }
      }
    }
  })

  test('with a hostile body is answered in time, and leaves the others alone', async (t: TestContext) => {
    const posts = operations.filter(({ body }) => body !== null)
    for (const { method, path } of posts) {
      const filled = path.replaceAll(/\{\w+\}/g, 'conv_absent')
      for (const body of hostileBodies) {
        const sent = { method, path: filled, body, headers: { 'content-type': 'application/json' } }
        checkAnswer(t, sent, await send(system, agent, sent))
      }
    }
    const answer = await send(system, agent, { method: 'GET', path: '/v1/models', headers: {}, body: null })
    t.assert.equal(answer.status, 200)
  })

  test('that is hardly HTTP is refused or dropped, and never hangs', async (t: TestContext) => {
    for (const text of hardlyHttp) {
      const answer = await sendRaw(system, text)
      if (answer === '') continue
      t.assert.match(answer, /^HTTP\/1\.1 [1-4]\d\d /, JSON.stringify(text.slice(0, 80)))
    }
  })

  test('leaves the process alive, answering, and without its sockets', async (t: TestContext) => {
    const [pid = 0] = system.pids
    agent.destroy()
    // Not the tenant that was fuzzed: a budget without room may have been made for it.
    const { client } = await system.newTenant()
    const completion = await client.chat.completions.create({
      model: 'after-the-fuzz',
      messages: [{ role: 'user', content: 'hello' }],
    })
    t.assert.equal(completion.choices[0]?.finish_reason, 'stop')
    const fresh = await system.fetch('/readyz')
    t.assert.equal(fresh.status, 200)
    if (process.platform !== 'linux') return t.skip('open sockets are only counted on Linux')
    // The listener, the standard streams, this test's own connections, and the pool to the provider.
    await waitUntil(() => countSockets(pid) <= socketsMax, {
      timeoutMs: 10_000,
      pollMs: 50,
      what: 'sockets to be closed',
    })
    t.assert.doesNotMatch(system.output(), /"log\.level":"(error|fatal)"/, 'nothing was logged as an error')
  })
})

const socketsMax = 24

function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`
  const isSocket = (name: string) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith('socket:')
    } catch {
      return false
    }
  }
  return readdirSync(folder).filter(isSocket).length
}

async function readOperations(system: System): Promise<Operation[]> {
  const answer = await system.fetch('/openapi.json')
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json'].schema ?? null,
    })),
  )
}

interface Described {
  readonly parameters?: Operation['parameters']
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
}

function requestsOf({ method, path, parameters, body }: Operation): fc.Arbitrary<Sent> {
  const options = { strings: hostileStrings, wrong: wrongValue }
  const names = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  const pathText = fc
    .record(Object.fromEntries(names.map((name) => [name, fc.oneof(fc.constantFrom(...hostileStrings), fc.string())])))
    .map((values) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(values[name] ?? '') || 'x'))
  const query = parameters.filter((parameter) => parameter.in === 'query')
  const queryText = fc
    .record(Object.fromEntries(query.map(({ name, schema }) => [name, arbitraryOf(schema, options)])), {
      requiredKeys: [],
    })
    .map((values) =>
      Object.entries(values)
        .flatMap(([name, value]) => queryPairs(name, value))
        .join('&'),
    )
  const bodyText =
    body === null
      ? fc.constant(null)
      : fc.oneof(
          { weight: 8, arbitrary: arbitraryOf(body, options).map((value) => JSON.stringify(value) ?? 'null') },
          { weight: 1, arbitrary: fc.json() },
        )
  const contentType = fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: fc.constantFrom(...hostileContentTypes) },
  )
  const extra = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, fc.constantFrom(...hostileHeaders))
  return fc.tuple(pathText, queryText, bodyText, contentType, extra).map(([filled, search, text, type, more]) => ({
    method,
    path: search === '' ? filled : `${filled}?${search}`,
    headers: { ...(text !== null && { 'content-type': type }), ...more },
    body: text,
  }))
}

/** Objects as clients write them: `name[key]=value`. */
function queryPairs(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`${encode(name)}=${encode(String(value))}`]
  if (Array.isArray(value)) return [`${encode(name)}=${encode(JSON.stringify(value))}`]
  return Object.entries(value).map(
    ([key, inner]) => `${encode(`${name}[${key}]`)}=${encode(JSON.stringify(inner) ?? '')}`,
  )
}

/** Half of a surrogate pair has no place in a URL. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function send(system: System, agent: Agent, { method, path, headers, body }: Sent): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const outgoing = request(
    `${system.url}${path}`,
    { method, agent, headers: { authorization: `Bearer ${system.key}`, ...headers }, timeout: answerMs },
    (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }))
      incoming.on('error', reject)
    },
  )
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${answerMs} ms`)))
  outgoing.on('error', (error) =>
    reject(new Error(`${method} ${path} ${JSON.stringify(headers)} ${body?.slice(0, 500)}: ${error.message}`)),
  )
  outgoing.end(body ?? undefined)
  return promise
}

function checkAnswer(t: TestContext, sent: Sent, { status, headers, text }: Answered): void {
  const shown = () =>
    `${JSON.stringify({ ...sent, body: sent.body?.slice(0, 2_000) })}\n→ ${status} ${text.slice(0, 1_000)}`
  t.assert.ok(status >= 200 && status < 500, shown())
  if (status < 400) return
  t.assert.match(headers['content-type'] ?? '', /^application\/json/, shown())
  if (sent.path.startsWith('/v1/messages')) {
    checkAnthropicError(t, text, shown)
    return
  }
  const { error, ...others } = JSON.parse(text) as { error: Record<string, unknown> }
  t.assert.deepEqual(Object.keys(others), [], shown())
  t.assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'], shown())
  t.assert.ok(typeof error['message'] === 'string' && error['message'] !== '', shown())
  t.assert.ok(typeof error['type'] === 'string' && typeof error['code'] === 'string', shown())
  t.assert.match(String(headers['x-request-id']), /^req_[0-9a-f]{32}$/, shown())
}

function checkAnthropicError(t: TestContext, text: string, shown: () => string): void {
  const { type, error, request_id: requestId, ...others } = JSON.parse(text) as Record<string, unknown>
  t.assert.deepEqual(Object.keys(others), [], shown())
  t.assert.equal(type, 'error', shown())
  t.assert.match(String(requestId), /^req_[0-9a-f]{32}$/, shown())
  const said = error as Record<string, unknown>
  t.assert.ok(typeof said['message'] === 'string' && said['message'] !== '', shown())
  t.assert.match(String(said['type']), /_error$|^request_too_large$/, shown())
}

/** The answer's text; empty when the connection was closed without one. The client is done sending. */
function sendRaw(system: System, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { hostname, port } = new URL(system.url)
  let answer = ''
  const socket = connect({ host: hostname, port: Number(port) }, () => socket.end(text, 'latin1'))
  const timer = setTimeout(() => {
    socket.destroy()
    reject(new Error(`no answer to ${JSON.stringify(text.slice(0, 100))}`))
  }, answerMs)
  socket.setEncoding('latin1').on('data', (piece: string) => {
    answer += piece
  })
  // A refusal may come while the rest is still being sent.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(timer)
    resolve(answer)
  })
  return promise
}
