import type { Store } from '@parley/chassis/store/store.ts'
import { sql } from 'kysely'
import type { UsageTotals } from '../application/upkeep-ports.ts'
import type { RequestSchema } from './schema.ts'

const dayMs = 24 * 60 * 60_000
/** Ids of requests begin with the time at which they were made; clocks may differ by this much. */
const idSlackMs = 60 * 60_000
const idTimeMax = 2 ** 48 - 1

export class KyselyUsageTotals implements UsageTotals {
  readonly #store: Store<RequestSchema>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
  }

  total: UsageTotals['total'] = async (tenant, { day, model, key, from, to, limit }) => {
    const dayNumber = sql<number | null>`accepted_at / ${sql.lit(dayMs)}`
    let query = this.#store.read
      .selectFrom('ledger')
      .select(({ fn }) => [
        (day ? dayNumber : sql<number | null>`null`).as('day'),
        sql<string | null>`${sql.raw(model ? 'model' : 'null')}`.as('model'),
        sql<string | null>`${sql.raw(key ? 'key_id' : 'null')}`.as('keyId'),
        fn.countAll().as('requests'),
        fn.sum('input_tokens').as('inputTokens'),
        fn.sum('cached_input_tokens').as('cachedInputTokens'),
        fn.sum('output_tokens').as('outputTokens'),
        fn.sum('reasoning_tokens').as('reasoningTokens'),
        fn.sum('cost_micros').as('costMicros'),
        fn.sum('lost_cost_micros').as('lostCostMicros'),
        sql<number>`sum(case when price_version is null then 1 else 0 end)`.as('unpricedRequests'),
      ])
      .where('tenant', '=', tenant)
      .where('request_id', '>=', firstIdAt(from - idSlackMs))
      .where('request_id', '<', firstIdAt(to + idSlackMs))
      .where('accepted_at', '>=', from)
      .where('accepted_at', '<', to)
    if (day) query = query.groupBy(dayNumber).orderBy(dayNumber, 'desc')
    if (model) query = query.groupBy('model').orderBy('model')
    if (key) query = query.groupBy('key_id').orderBy('key_id')
    const rows = await query.limit(limit + 1).execute()
    return rows
      .filter(({ requests }) => Number(requests) > 0)
      .map((row) => ({
        day: row.day === null ? null : dayText(Number(row.day)),
        model: row.model,
        keyId: row.keyId,
        requests: Number(row.requests),
        inputTokens: Number(row.inputTokens),
        cachedInputTokens: Number(row.cachedInputTokens),
        outputTokens: Number(row.outputTokens),
        reasoningTokens: Number(row.reasoningTokens),
        costMicros: Number(row.costMicros),
        lostCostMicros: Number(row.lostCostMicros),
        unpricedRequests: Number(row.unpricedRequests),
      }))
  }
}

function firstIdAt(ms: number): string {
  return `req_${Math.min(Math.max(ms, 0), idTimeMax).toString(16).padStart(12, '0')}`
}

function dayText(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}
