import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import { LRUCache } from 'lru-cache'
import type { BudgetBook } from '../application/budget-ports.ts'
import type { RequestSchema } from './schema.ts'

/** How long another process may not know of a new budget. */
export const budgetsFreshMs = 1_000
const tenantsMax = 10_000

/** Per tenant, whose requests are held: `null` stands for the tenant as a whole. */
type Holders = ReadonlySet<string | null>

export class CachedBudgetBook implements BudgetBook {
  readonly #byTenant: PreparedQuery<{ key_id: string | null }, { tenant: string }>
  readonly #remembered: LRUCache<string, Holders>
  readonly #loading = new Map<string, Promise<Holders>>()

  constructor(store: Store<RequestSchema>, clock: Clock) {
    this.#byTenant = store.prepare((db, { tenant }) =>
      db.selectFrom('budgets').select('key_id').distinct().where('tenant', '=', tenant),
    )
    this.#remembered = new LRUCache({
      max: tenantsMax,
      ttl: budgetsFreshMs,
      ttlResolution: 0,
      // The cache takes a start of 0 for none.
      perf: { now: () => clock.monotonicMs() + 1 },
    })
  }

  peek: BudgetBook['peek'] = (tenant, keyId) => {
    const holders = this.#remembered.get(tenant)
    return holders === undefined ? undefined : isHeld(holders, keyId)
  }

  load: BudgetBook['load'] = async (tenant, keyId) => isHeld(await this.#load(tenant), keyId)

  forget: BudgetBook['forget'] = (tenant) => {
    this.#remembered.delete(tenant)
    this.#loading.delete(tenant)
  }

  /** Requests that arrive together share one look-up; one that was forgotten meanwhile is not remembered. */
  #load(tenant: string): Promise<Holders> {
    const underway = this.#loading.get(tenant)
    if (underway !== undefined) return underway
    const loading: Promise<Holders> = this.#byTenant
      .all(null, { tenant })
      .then((rows) => {
        const holders = new Set(rows.map((row) => row.key_id))
        if (this.#loading.get(tenant) === loading) this.#remembered.set(tenant, holders)
        return holders
      })
      .finally(() => {
        if (this.#loading.get(tenant) === loading) this.#loading.delete(tenant)
      })
    this.#loading.set(tenant, loading)
    return loading
  }
}

function isHeld(holders: Holders, keyId: string | null): boolean {
  return holders.size > 0 && (holders.has(null) || holders.has(keyId))
}
