import { type TestContext, test } from 'node:test'
import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { CallScope } from '@parley/chassis/contract/call-scope.ts'
import { createPublicApp } from '@parley/chassis/runtime/listeners.ts'
import { newId, realClock } from '@parley/chassis/runtime/real-clock.ts'
import { createTestStore } from '@parley/testkit/store.ts'
import pino from 'pino'
import { Registry } from 'prom-client'
import { migrations } from '../infrastructure/migrations/index.ts'
import type { GatewaySchema } from '../infrastructure/schema.ts'
import { gateway } from '../service.ts'
import { Fakes } from './fakes.ts'

async function startService(env: Record<string, string>) {
  const store = await createTestStore<GatewaySchema>('gateway', migrations)
  const fakes = new Fakes()
  const metrics = new Registry()
  const instance = await gateway.create({
    config: gateway.loadConfig(new EnvReader(env)),
    store,
    events: { publish: async () => {} },
    clients: { session: fakes.session, request: fakes.request, response: fakes.response, gpt: fakes.gpt },
    siblings: null,
    backgroundContext: ({ tenant, deadlineMs }) =>
      CallScope.root({
        principal: { tenant, keyId: null, scopes: [] },
        requestId: 'req_1',
        correlationId: 'req_1',
        causationId: null,
        traceparent: null,
        depth: 0,
        deadlineMs,
      }),
    clock: realClock,
    newId,
    log: pino({ level: 'silent' }),
    tracer: null,
    metrics,
    topology: { services: [] },
  })
  const app = await createPublicApp({ notReady: () => [], metrics }, instance.publicRoutes ?? (() => {}))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await instance.start?.()
  return {
    url,
    welcome: async () => (await instance.welcome?.(url)) ?? '',
    async [Symbol.asyncDispose]() {
      await app.close()
      await store[Symbol.asyncDispose]()
    },
  }
}

const models = (url: string, secret: string) =>
  fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } }).then(({ status }) => status)

test('the first start says where it listens, which model answers and the key, once', async (t: TestContext) => {
  await using service = await startService({})
  const first = await service.welcome()
  const [line = ''] = first.split('\n')
  t.assert.ok(line.startsWith(`Parley listens on ${service.url} · model: simulated · key: parley-`))
  const [secret = ''] = /parley-\w{43}/.exec(line) ?? []
  t.assert.strictEqual(await models(service.url, secret), 200)
  t.assert.match(first, new RegExp(`curl ${service.url}/v1/chat/completions -H "authorization: Bearer ${secret}"`))
  t.assert.doesNotMatch(await service.welcome(), new RegExp(secret))
})

test('a preset key opens the door and is not printed', async (t: TestContext) => {
  await using service = await startService({ PARLEY_API_KEY: 'preset-secret' })
  t.assert.doesNotMatch(await service.welcome(), /preset-secret/)
  t.assert.strictEqual(await models(service.url, 'preset-secret'), 200)
  t.assert.strictEqual(await models(service.url, 'another'), 401)
})

test('settings that cannot be are named, without their values', (t: TestContext) => {
  const env = new EnvReader({ PARLEY_API_KEY: 'short', GATEWAY_REQUESTS_PER_MINUTE: '0', GATEWAY_BODY_BYTES_MAX: 'x' })
  gateway.loadConfig(env)
  t.assert.throws(
    () => env.throwIfProblems(),
    (error: Error) =>
      ['PARLEY_API_KEY', 'GATEWAY_REQUESTS_PER_MINUTE', 'GATEWAY_BODY_BYTES_MAX'].every((name) =>
        error.message.includes(name),
      ) && !error.message.includes('short'),
  )
})
