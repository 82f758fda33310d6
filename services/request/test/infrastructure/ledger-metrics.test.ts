import { type TestContext, test } from 'node:test'
import { Registry } from 'prom-client'
import type { LedgerRow } from '../../application/ports.ts'
import { LedgerMetrics } from '../../infrastructure/ledger-metrics.ts'

const row: LedgerRow = {
  ...{ tenant: 'acme', requestId: 'req_1', responseId: 'resp_1', status: 'completed', model: 'gpt-5-mini-2025-08-07' },
  ...{ provider: 'openai', attempts: 1, settledAt: 2, keyId: null, acceptedAt: 1, costMicros: 40, priceVersion: 'v1' },
  usage: { inputTokens: 10, cachedInputTokens: 4, outputTokens: 7, reasoningTokens: 0, provenance: 'provider' },
  ...{ lostUsage: null, lostCostMicros: 0, turn: 'none' },
}

/** Four kinds of tokens for each of 200 priced models, 20 others and `other`. */
const seriesMax = 4 * 221

function start() {
  const metrics = new Registry()
  return { metrics, ledger: new LedgerMetrics({ metrics, classOf: new Map([['acme', 'gold']]) }) }
}

test('tokens and money are counted by class of tenant and model', async (t: TestContext) => {
  const { metrics, ledger } = start()
  ledger.wrote(row)
  ledger.wrote({ ...row, tenant: 'somebody', lostUsage: row.usage, lostCostMicros: 9 })
  const text = await metrics.metrics()
  const gold = 'tenant_class="gold",model="gpt-5-mini"'
  t.assert.match(text, new RegExp(`^parley_tokens_total\\{${gold},kind="input"\\} 6$`, 'm'))
  t.assert.match(text, new RegExp(`^parley_tokens_total\\{${gold},kind="cached"\\} 4$`, 'm'))
  t.assert.match(text, new RegExp(`^parley_tokens_total\\{${gold},kind="output"\\} 7$`, 'm'))
  t.assert.match(text, new RegExp(`^parley_cost_micros_total\\{${gold},kind="used"\\} 40$`, 'm'))
  t.assert.match(text, /^parley_cost_micros_total\{tenant_class="default",model="gpt-5-mini",kind="lost"\} 9$/m)
  t.assert.match(text, /^parley_requests_settled_total\{tenant_class="gold",status="completed"\} 1$/m)
})

test('any number of tenants and models makes few series, and no tenant is named', async (t: TestContext) => {
  const { metrics, ledger } = start()
  for (let index = 0; index < 2_000; index++) {
    const model = `made-up-${index}`
    ledger.wrote({ ...row, tenant: `tenant-${index}`, model, priceVersion: index % 2 === 0 ? null : 'v1', usage: null })
    ledger.wrote({ ...row, tenant: `tenant-${index}`, model, priceVersion: null })
    ledger.wrote({ ...row, tenant: `tenant-${index}`, model: `gpt-5-2${String(index).padStart(3, '0')}-01-01` })
  }
  const text = await metrics.metrics()
  const series = text.split('\n').filter((line) => line.startsWith('parley_tokens_total{'))
  t.assert.ok(series.length <= seriesMax, `${series.length}`)
  t.assert.doesNotMatch(text, /tenant-\d/)
})
