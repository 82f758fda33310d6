import { type TestContext, test } from 'node:test'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import { testContext } from '@parley/testkit/context.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { OpenAiCompatibleModelClient } from '../../infrastructure/openai-compatible-model-client.ts'
import { SimulatedModelClient } from '../../infrastructure/simulated-model-client.ts'
import { collect, constantIds, modelRequest, shortTimeouts, timeoutsFor, told } from '../model-steps.ts'

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const rows: [prompt: string, options?: GenerationOptions][] = [
  ['hello'],
  ['hello, this is a longer message', { maxOutputTokens: 3 }],
  ['hello', { stop: ['you'] }],
  ['hello', { textFormat: { type: 'json_object' } }],
  ['call get_weather', { tools: [weather] }],
  ['/simulate calls=3\ncall get_weather', { tools: [weather] }],
  ['hello', { topLogprobs: 2 }],
  ['hello', { choices: 3 }],
  ['call get_weather', { tools: [weather], choices: 2 }],
  ['/simulate reasoning=4 chunks=3\nhello'],
  ['/simulate refusal\nhello'],
  ['/simulate finish=content_filter\nhello'],
  ['/simulate usage=missing\nhello'],
  ['/simulate first_ms=20 interval_ms=2 chunks=5\nhello'],
  ['/simulate fail_status=429 retry_after=2\nhello'],
  ['/simulate fail_status=400 fail_code=context_length_exceeded\nhello'],
  ['/simulate fail_after=2\nhello'],
  ['/simulate end_after=2\nhello'],
  ['/simulate disconnect_after=0\nhello'],
  ['/simulate disconnect_after=2\nhello'],
  ['/simulate stall_after=0\nhello'],
  ['/simulate stall_after=2\nhello'],
  ['/simulate pings_after=2\nhello'],
  ['/simulate garble=json\nhello'],
  ['/simulate garble=html\nhello'],
  ['/simulate garble=truncate\nhello'],
  ['/simulate garble=sse\nhello'],
  ['/simulate garble=empty\nhello'],
  ['/simulate newline=crlf comments bom split_bytes=5\nhello'],
  ['/simulate nonsense=1\nhello'],
]

for (const delivery of ['whole', 'incremental'] as const) {
  for (const [prompt, options = {}] of rows) {
    test(`${delivery}: in process as over HTTP: ${prompt.split('\n')[0]} ${JSON.stringify(options)}`, async (t: TestContext) => {
      await using upstream = await startSimulatedUpstream()
      const shared = { name: 'simulated', timeouts: timeoutsFor(prompt), newId: constantIds }
      await using remote = new OpenAiCompatibleModelClient({
        ...shared,
        baseUrl: new URL(upstream.url),
        apiKey: null,
        connectionsMax: 4,
      })
      const local = new SimulatedModelClient(shared)
      const request = modelRequest(prompt, { delivery, options })
      const overHttp = await collect(remote.generate(testContext(), request))
      const inProcess = await collect(local.generate(testContext(), request))
      t.assert.deepEqual(inProcess.steps, overHttp.steps)
      t.assert.equal(inProcess.code, overHttp.code)
      t.assert.equal(inProcess.error?.retryAfterMs, overHttp.error?.retryAfterMs)
      // Items of several choices overlap, which `told` does not take.
      if ((options.choices ?? 1) > 1) t.assert.equal(inProcess.steps.at(-1)?.type, 'model-end')
      else t.assert.ok(told(inProcess.steps).end !== null || inProcess.code !== null)
    })
  }
}

test('an abort ends a pause at once', async (t: TestContext) => {
  const local = new SimulatedModelClient({ name: 'simulated', timeouts: shortTimeouts, newId: constantIds })
  const controller = new AbortController()
  const request = modelRequest('/simulate interval_ms=60000\nhello')
  const codes: string[] = []
  const running = collect(
    (async function* () {
      for await (const step of local.generate(testContext({ signal: controller.signal }), request)) {
        codes.push(step.type)
        if (step.type === 'text-delta') controller.abort()
        yield step
      }
    })(),
  )
  t.assert.equal((await running).code, 'CALL_CANCELLED')
  t.assert.deepEqual(codes, ['item-start', 'text-delta'])
})

test('embeddings in process are those over HTTP', async (t: TestContext) => {
  await using upstream = await startSimulatedUpstream()
  const shared = { name: 'simulated', timeouts: shortTimeouts, newId: constantIds }
  const options = { ...shared, baseUrl: new URL(upstream.url), apiKey: null, connectionsMax: 4 }
  await using remote = new OpenAiCompatibleModelClient(options)
  const local = new SimulatedModelClient(shared)
  for (const encoding of ['float', 'base64'] as const) {
    for (const input of [
      ['hello', 'there'],
      [[1, 2], [3]],
    ]) {
      const request = { providerModel: 'simulated', input: input as string[], encoding, dimensions: 16, native: {} }
      t.assert.deepEqual(await local.embed(testContext(), request), await remote.embed(testContext(), request))
    }
  }
})
