import type { Store } from '@parley/chassis/store/store.ts'
import { reading, shared } from '@parley/chassis/telemetry/metrics/reading.ts'
import { Gauge, type Registry } from 'prom-client'
import { defaultTenantClass } from './ledger-metrics.ts'
import type { RequestSchema } from './schema.ts'

/** What one tenant's requests under way hold of its budgets. */
export interface OpenHolds {
  readonly tenant: string
  /** One for each request and budget. */
  readonly holds: number
  readonly micros: number
}

/** Reads an index that has open holds only: as much as there are generations under budgets at the moment. */
export function readOpenHolds(store: Store<RequestSchema>): () => Promise<OpenHolds[]> {
  const query = store.prepare<OpenHolds>((db) =>
    db
      .selectFrom('budget_holds')
      .select(({ fn }) => ['tenant', fn.countAll<number>().as('holds'), fn.sum<number>('held_micros').as('micros')])
      .where('is_open', '=', 1)
      .groupBy('tenant'),
  )
  return () => query.all(null, {})
}

export interface HoldMetricsOptions {
  readonly metrics: Registry
  readonly read: () => Promise<readonly OpenHolds[]>
  /** Classes of the tenants that have one. */
  readonly classOf: ReadonlyMap<string, string>
}

/** Open holds by class of tenant, read from the database whenever the metrics are. */
export function watchHolds({ metrics, read, classOf }: HoldMetricsOptions): void {
  const classes = new Set([defaultTenantClass, ...classOf.values()])
  const sums = shared(async () => {
    const open = await reading(read())
    return open === null ? null : sumsOf(open, classes, classOf)
  })
  const gauge = (name: string, help: string, value: (sum: Sum) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['tenant_class'],
      registers: [metrics],
      async collect() {
        const found = await sums()
        this.reset()
        for (const [tenantClass, sum] of found ?? []) this.set({ tenant_class: tenantClass }, value(sum))
      },
    })
  gauge('parley_budget_holds', 'Open holds: one for each request under way and budget.', ({ holds }) => holds)
  gauge('parley_budget_holds_micros', 'Millionths of the currency that open holds hold.', ({ micros }) => micros)
}

interface Sum {
  holds: number
  micros: number
}

function sumsOf(open: readonly OpenHolds[], classes: ReadonlySet<string>, classOf: ReadonlyMap<string, string>) {
  const sums = new Map<string, Sum>([...classes].map((name) => [name, { holds: 0, micros: 0 }]))
  for (const { tenant, holds, micros } of open) {
    const sum = sums.get(classOf.get(tenant) ?? defaultTenantClass)
    if (sum === undefined) continue
    sum.holds += holds
    sum.micros += micros
  }
  return sums
}
