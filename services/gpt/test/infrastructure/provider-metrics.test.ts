import { type TestContext, test } from 'node:test'
import { AppError } from '@parley/chassis/values/errors.ts'
import { Registry } from 'prom-client'
import type { Route } from '../../domain/model-catalogue.ts'
import { ProviderMetrics } from '../../infrastructure/provider-metrics.ts'

const usage = {
  ...{ inputTokens: 3, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 },
  provenance: 'provider' as const,
}
const route: Route = { model: 'known', provider: 'openai', providerModel: 'known', contextTokensMax: 1 }

function start() {
  const metrics = new Registry()
  const clock = { nowMs: 1_000 }
  const observer = new ProviderMetrics({
    metrics,
    monotonicMs: () => clock.nowMs,
    labelOf: ({ model }) => (model === 'known' ? model : 'other'),
  })
  return { metrics, clock, observer }
}

test('the first piece and the time between pieces of a stream are timed', async (t: TestContext) => {
  const { metrics, clock, observer } = start()
  const watch = observer.begun(route, true)
  t.assert.match(await metrics.metrics(), /^parley_provider_calls_open\{provider="openai"\} 1$/m)
  for (const waitMs of [400, 20, 30]) {
    clock.nowMs += waitMs
    watch.piece()
  }
  watch.answered(usage)
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_provider_first_token_seconds_sum\{provider="openai",model="known"\} 0.4$/m)
  t.assert.match(text, /^parley_provider_token_gap_seconds_sum\{provider="openai",model="known"\} 0.05$/m)
  t.assert.match(text, /^parley_provider_answer_seconds_sum\{provider="openai",model="known"\} 0.45$/m)
  t.assert.match(text, /^parley_provider_calls_total\{provider="openai",model="known",outcome="ok"\} 1$/m)
  t.assert.match(text, /^parley_provider_tokens_total\{provider="openai",model="known",kind="output"\} 5$/m)
  t.assert.match(text, /^parley_provider_calls_open\{provider="openai"\} 0$/m)
})

test('a call counts once, by what it ended with first', async (t: TestContext) => {
  const { metrics, observer } = start()
  const failing = observer.begun(route, false)
  failing.failed(new AppError('PROVIDER_STALLED', 'It stopped.'))
  failing.left()
  failing.answered(usage)
  observer.begun(route, false).left()
  const text = await metrics.metrics()
  t.assert.match(text, /^parley_provider_calls_total\{provider="openai",model="known",outcome="PROVIDER_STALLED"\} 1$/m)
  t.assert.match(text, /^parley_provider_calls_total\{provider="openai",model="known",outcome="CALL_CANCELLED"\} 1$/m)
  t.assert.match(text, /^parley_provider_calls_total\{provider="openai",model="known",outcome="ok"\} 0$/m)
  t.assert.match(text, /^parley_provider_calls_open\{provider="openai"\} 0$/m)
})

test('failures that a provider is to blame for are there before the first call', async (t: TestContext) => {
  const { metrics, observer } = start()
  observer.expect(route)
  const expected = /^parley_provider_calls_total\{provider="openai",model="known",outcome="PROVIDER_UNAVAILABLE"\} 0$/m
  t.assert.match(await metrics.metrics(), expected)
})
