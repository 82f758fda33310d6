import type { TestContext } from 'node:test'
import OpenAI, {
  APIConnectionError,
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  UnprocessableEntityError,
} from 'openai'
import { upstreamCalls } from '../../harness/upstream-calls.ts'
import { type Journey, journey } from '../journey.ts'
import { chatBody, refusals } from '../refusals.ts'

export const errorJourneys: readonly Journey[] = [
  journey(
    'errors: each wrong request is refused with the envelope, its status and the field to mend',
    async (t: TestContext, system) => {
      for (const { what, path, init, status, code, param } of refusals) {
        const answer = await system.fetch(path, init)
        const { error } = (await answer.json()) as { error: Record<string, unknown> }
        t.assert.deepEqual([what, answer.status, error['code']], [what, status, code])
        t.assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'], what)
        t.assert.ok(typeof error['message'] === 'string' && error['message'].length > 10, what)
        if (param !== undefined) t.assert.equal(error['param'], param, what)
        t.assert.equal(answer.headers.get('x-should-retry'), 'false', what)
        t.assert.match(answer.headers.get('x-request-id') ?? '', /^req_/, what)
      }
      t.assert.deepEqual(upstreamCalls(system, 'errors'), [])
    },
  ),

  journey('errors: a body that is too large is refused before it is read', async (t: TestContext, system) => {
    const answer = await system.fetch('/v1/chat/completions', {
      body: chatBody({ messages: [{ role: 'user', content: 'x'.repeat(33 * 1024 * 1024) }] }),
    })
    t.assert.equal(answer.status, 413)
    const { error } = (await answer.json()) as { error: { code: string } }
    t.assert.equal(error.code, 'body_too_large')
    t.assert.equal((await system.client().models.list()).object, 'list')
  }),

  journey('errors: a large body that is allowed is answered', async (t: TestContext, system) => {
    const content = 'word '.repeat(200_000)
    const answer = await system.client().chat.completions.create({
      model: 'large-body',
      messages: [{ role: 'user', content }],
    })
    t.assert.equal(answer.choices[0]?.finish_reason, 'stop')
  }),

  journey('errors: the SDK raises its own classes for them', async (t: TestContext, system) => {
    const client = system.client()
    const wrongKey = new OpenAI({ apiKey: 'wrong', baseURL: `${system.url}/v1`, maxRetries: 0 })
    await t.assert.rejects(wrongKey.models.list(), AuthenticationError)
    await t.assert.rejects(client.responses.retrieve('resp_absent'), NotFoundError)
    await t.assert.rejects(client.responses.create({ model: 'errors', input: [] }), BadRequestError)
    const { key } = await system.newTenant({ scopes: ['sessions'] })
    const limited = system.client({ key })
    await t.assert.rejects(limited.chat.completions.create({ model: 'errors', messages: [] }), PermissionDeniedError)
    t.assert.match((await limited.conversations.create()).id, /^conv_/)
    const keyed = { headers: { 'idempotency-key': `sdk-${Math.random()}` } }
    await client.responses.create({ model: 'errors-reused', input: 'one' }, keyed)
    await t.assert.rejects(
      client.responses.create({ model: 'errors-reused', input: 'two' }, keyed),
      UnprocessableEntityError,
    )
    await t.assert.rejects(
      client.responses.retrieve('resp_absent'),
      (error: unknown) => error instanceof APIError && /^req_/.test(error.requestID ?? ''),
    )
    const nowhere = new OpenAI({ apiKey: 'x', baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0 })
    await t.assert.rejects(nowhere.models.list(), APIConnectionError)
  }),

  journey(
    'errors: what the provider refuses, lacks or fails with comes back with a fitting status',
    async (t: TestContext, system) => {
      const ask = async (directives: string) => {
        const answer = await system.fetch('/v1/chat/completions', {
          body: { model: 'provider-errors', messages: [{ role: 'user', content: `/simulate ${directives}\nhello` }] },
        })
        const { error } = (await answer.json()) as { error: { code: string; message: string } }
        return { status: answer.status, code: error.code, message: error.message, headers: answer.headers }
      }
      const refused = await ask('fail_status=400')
      t.assert.deepEqual([refused.status, refused.code], [400, 'provider_refused'])
      const unauthorised = await ask('fail_status=401')
      t.assert.deepEqual([unauthorised.status, unauthorised.code], [502, 'provider_unauthorised'])
      const limited = await ask('fail_status=429 retry_after=7')
      t.assert.deepEqual([limited.status, limited.code], [429, 'provider_rate_limited'])
      for (const status of [500, 502, 503, 529]) {
        const failed = await ask(`fail_status=${status}`)
        t.assert.deepEqual([failed.status, failed.code], [502, 'provider_unavailable'])
        t.assert.match(failed.message, /req_/, 'a message of a server error has the request id')
        t.assert.equal(failed.headers.get('x-should-retry'), 'false', 'it was accepted and may not be sent again')
      }
      const redirected = await ask('fail_status=302')
      t.assert.ok(redirected.status >= 500)
    },
  ),
]
