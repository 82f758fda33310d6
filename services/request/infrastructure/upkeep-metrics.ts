import { reading, shared } from '@parley/chassis/telemetry/metrics/reading.ts'
import { Gauge, type Registry } from 'prom-client'
import type { StuckRow } from '../application/upkeep-ports.ts'
import type { BudgetTotals } from './kysely-budget-totals.ts'

export interface UpkeepMetricsOptions {
  readonly metrics: Registry
  readonly readTotals: () => Promise<BudgetTotals>
  /** The longest stuck first. */
  readonly listStuck: (limit: number) => Promise<readonly StuckRow[]>
  /** Epoch milliseconds. */
  readonly now: () => number
}

const stuckMax = 1_000

/** Budgets and stuck requests of all tenants, read from the database whenever the metrics are. */
export function watchUpkeep({ metrics, readTotals, listStuck, now }: UpkeepMetricsOptions): void {
  const registers = [metrics]
  const totals = shared(() => reading(readTotals()))
  const stuck = shared(() => reading(listStuck(stuckMax)))
  new Gauge({
    name: 'parley_budgets',
    help: 'Budgets, by whether their present period is open, used or held to nine tenths (nearly), or to all (spent).',
    labelNames: ['state'],
    registers,
    async collect() {
      const read = await totals()
      this.reset()
      if (read === null) return
      const { budgets, nearly, spent } = read
      this.set({ state: 'open' }, budgets - nearly - spent)
      this.set({ state: 'nearly' }, nearly)
      this.set({ state: 'spent' }, spent)
    },
  })
  const single = (name: string, help: string, value: () => Promise<number | null>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const read = await value()
        if (read === null) this.remove()
        else this.set(read)
      },
    })
  single(
    'parley_budgets_held_micros',
    'Millionths of the currency that budgets hold for requests under way.',
    async () => (await totals())?.heldMicros ?? null,
  )
  single(
    'parley_budgets_held_tokens',
    'Tokens that budgets hold for requests under way.',
    async () => (await totals())?.heldTokens ?? null,
  )
  single(
    'parley_requests_stuck',
    `Requests of which nothing was heard for REQUEST_STUCK_AFTER_MS; at most ${stuckMax} are counted.`,
    async () => (await stuck())?.length ?? null,
  )
  single(
    'parley_requests_stuck_oldest_seconds',
    'How long nothing was heard of the longest stuck request.',
    async () => {
      const rows = await stuck()
      if (rows === null) return null
      const [oldest] = rows
      return oldest === undefined ? 0 : Math.max(0, now() - oldest.progressAt) / 1_000
    },
  )
}
