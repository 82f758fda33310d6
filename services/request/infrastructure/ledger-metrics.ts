import { BoundCounter, type Tally } from '@parley/chassis/telemetry/metrics/bound-counter.ts'
import { createModelLabel } from '@parley/chassis/telemetry/metrics/model-label.ts'
import type { Registry } from 'prom-client'
import type { LedgerObserver, LedgerRow } from '../application/ports.ts'

/** Models without a known price that are shown by name: those of providers that the operator runs. */
const unpricedModelsMax = 20

export const defaultTenantClass = 'default'

export interface LedgerMetricsOptions {
  readonly metrics: Registry
  /** Classes of the tenants that have one. Tenants themselves are no label: there may be any number of them. */
  readonly classOf: ReadonlyMap<string, string>
}

/** Counts what the ledger says, by class of tenant and by model. The ledger itself stays the truth; these start at zero. */
export class LedgerMetrics implements LedgerObserver {
  readonly #classOf: ReadonlyMap<string, string>
  readonly #labelOf = createModelLabel({ isListed: () => false, unlistedMax: unpricedModelsMax })
  readonly #settled: BoundCounter<'tenant_class' | 'status'>
  readonly #tokens: BoundCounter<'tenant_class' | 'model' | 'kind'>
  readonly #costs: BoundCounter<'tenant_class' | 'model' | 'kind'>
  readonly #series = new Map<string, Map<string, Series>>()

  constructor({ metrics, classOf }: LedgerMetricsOptions) {
    const registers = [metrics]
    this.#classOf = classOf
    this.#settled = new BoundCounter({
      name: 'parley_requests_settled_total',
      help: 'Requests that have their ledger row, by how they ended.',
      labelNames: ['tenant_class', 'status'],
      registers,
    })
    this.#tokens = new BoundCounter({
      name: 'parley_tokens_total',
      help: 'Tokens in the ledger: input without the cached ones, cached input, output, and all of lost attempts.',
      labelNames: ['tenant_class', 'model', 'kind'],
      registers,
    })
    this.#costs = new BoundCounter({
      name: 'parley_cost_micros_total',
      help: 'Millionths of the currency in the ledger: what was used, and what was lost with attempts.',
      labelNames: ['tenant_class', 'model', 'kind'],
      registers,
    })
  }

  wrote: LedgerObserver['wrote'] = (row) => {
    const tenantClass = this.#classOf.get(row.tenant) ?? defaultTenantClass
    const series = this.#seriesOf(tenantClass, this.#modelOf(row))
    series.settled[row.status].add(1)
    const { usage, lostUsage, costMicros, lostCostMicros } = row
    if (usage !== null) {
      const cached = Math.min(usage.cachedInputTokens, usage.inputTokens)
      series.input.add(usage.inputTokens - cached)
      series.cached.add(cached)
      series.output.add(usage.outputTokens)
      series.used.add(costMicros)
    }
    if (lostUsage === null) return
    series.lostTokens.add(lostUsage.inputTokens + lostUsage.outputTokens)
    series.lostCost.add(lostCostMicros)
  }

  /** A name that no provider has answered to is nothing but what a caller wrote. */
  #modelOf({ model, usage, priceVersion }: LedgerRow): string {
    return usage === null && priceVersion === null ? 'other' : this.#labelOf(model, priceVersion !== null)
  }

  #seriesOf(tenantClass: string, model: string): Series {
    let models = this.#series.get(tenantClass)
    if (models === undefined) {
      models = new Map()
      this.#series.set(tenantClass, models)
    }
    let series = models.get(model)
    if (series === undefined) {
      series = this.#makeSeries(tenantClass, model)
      models.set(model, series)
    }
    return series
  }

  #makeSeries(tenantClass: string, model: string): Series {
    const labels = { tenant_class: tenantClass, model }
    return {
      settled: {
        completed: this.#settled.bind({ tenant_class: tenantClass, status: 'completed' }),
        incomplete: this.#settled.bind({ tenant_class: tenantClass, status: 'incomplete' }),
        failed: this.#settled.bind({ tenant_class: tenantClass, status: 'failed' }),
        cancelled: this.#settled.bind({ tenant_class: tenantClass, status: 'cancelled' }),
      },
      input: this.#tokens.bind({ ...labels, kind: 'input' }),
      cached: this.#tokens.bind({ ...labels, kind: 'cached' }),
      output: this.#tokens.bind({ ...labels, kind: 'output' }),
      lostTokens: this.#tokens.bind({ ...labels, kind: 'lost' }),
      used: this.#costs.bind({ ...labels, kind: 'used' }),
      lostCost: this.#costs.bind({ ...labels, kind: 'lost' }),
    }
  }
}

interface Series {
  readonly settled: Readonly<Record<LedgerRow['status'], Tally>>
  readonly input: Tally
  readonly cached: Tally
  readonly output: Tally
  readonly lostTokens: Tally
  readonly used: Tally
  readonly lostCost: Tally
}
