import { type TestContext, test } from 'node:test'
import { ConfigError, EnvReader } from '@parley/chassis/config/env-reader.ts'
import { builtInVersion, createPriceTable } from '../../domain/price-table.ts'
import { readPrices } from '../../read-prices.ts'

const route = (providerModel: string, provider = 'openai') => ({ provider, providerModel, model: providerModel })

test('known models have a price, dated snapshots and prefixed names included', (t: TestContext) => {
  const find = createPriceTable(null)
  const mini = { version: builtInVersion, inputMicros: 250_000, cachedInputMicros: 25_000, outputMicros: 2_000_000 }
  for (const name of ['gpt-5-mini', 'gpt-5-mini-2025-08-07', 'openai/gpt-5-mini']) {
    t.assert.deepStrictEqual(find(route(name)), mini, name)
  }
  t.assert.strictEqual(find(route('gpt-5-mini-of-our-own')), null)
  t.assert.strictEqual(find(route('toString')), null)
  t.assert.strictEqual(find(route('anything', 'simulated'))?.inputMicros, 0)
})

test('configured prices win, the most specific name first, and change the version', (t: TestContext) => {
  const env = new EnvReader(
    {},
    {
      prices: {
        version: '2026-11',
        models: {
          'gpt-5-mini': { input: 0.5, output: 1.25 },
          'azure/gpt-5-mini': { input: 1, cachedInput: 0.1, output: 2 },
        },
      },
    },
  )
  const find = createPriceTable(readPrices(env))
  env.throwIfProblems()
  const own = find(route('gpt-5-mini'))
  t.assert.deepStrictEqual(own, {
    version: `2026-11+${builtInVersion}`,
    inputMicros: 500_000,
    cachedInputMicros: 500_000,
    outputMicros: 1_250_000,
  })
  t.assert.strictEqual(find(route('gpt-5-mini', 'azure'))?.cachedInputMicros, 100_000)
})

test('prices that are no amounts are refused by name', (t: TestContext) => {
  for (const price of [-1, 0.000_000_1, Number.NaN, 1e9]) {
    const env = new EnvReader({}, { prices: { version: 'v', models: { m: { input: price, output: 1 } } } })
    readPrices(env)
    t.assert.throws(() => env.throwIfProblems(), ConfigError, String(price))
  }
})
