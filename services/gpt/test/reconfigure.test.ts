import { type TestContext, test } from 'node:test'
import { EnvReader } from '@parley/chassis/config/env-reader.ts'
import { newId, realClock } from '@parley/chassis/runtime/real-clock.ts'
import { testContext } from '@parley/testkit/context.ts'
import { startSimulatedUpstream } from '@parley/testkit/simulated/upstream-server.ts'
import { loadConfig } from '../config.ts'
import { createGpt } from '../service.ts'
import { userMessage } from './model-steps.ts'

function configFor(providers: Record<string, string>) {
  const entries = Object.entries(providers).map(([name, baseUrl]) => [name, { baseUrl, models: { [name]: {} } }])
  return loadConfig(new EnvReader({}, { providers: Object.fromEntries(entries) }))
}

test('a changed configuration is for calls that begin with it', async (t: TestContext) => {
  await using before = await startSimulatedUpstream()
  await using after = await startSimulatedUpstream()
  const gpt = createGpt({ config: configFor({ fast: before.url }), clock: realClock, newId })
  t.after(gpt.close)
  const generate = (model: string, text: string) =>
    gpt.calls.generate(testContext({ deadlineMs: 30_000 }), {
      ...{ responseId: 'resp_1', attempt: 1, model, instructions: null, items: [userMessage(text)] },
      ...{ options: {}, delivery: 'incremental' },
    })
  const begun = generate('fast', '/simulate chunks=20 interval_ms=20\nslowly')[Symbol.asyncIterator]()
  await begun.next()
  const untouched = generate('fast', 'not asked for yet')
  gpt.reconfigure(configFor({ fast: after.url, other: after.url }))

  t.assert.ok((await Array.fromAsync(generate('fast', 'Hello'))).length > 0)
  t.assert.ok((await Array.fromAsync(generate('other', 'Hello'))).length > 0)
  t.assert.equal(after.requestCount, 2)
  let last = await begun.next()
  for (let next = last; next.done !== true; next = await begun.next()) last = next
  t.assert.equal(last.value?.type, 'generation-end', 'what had begun goes on to its end')
  await Array.fromAsync(untouched)
  t.assert.equal(before.requestCount, 2, 'and so does what had only been created')

  gpt.reconfigure(configFor({ other: after.url }))
  await t.assert.rejects(Array.fromAsync(generate('fast', 'Hello')), { code: 'MODEL_NOT_FOUND' })
})
