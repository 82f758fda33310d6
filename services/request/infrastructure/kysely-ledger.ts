import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { Ledger, LedgerRow } from '../application/ports.ts'
import type { LedgerTable, RequestSchema } from './schema.ts'

type Settling = { [Column in Exclude<keyof LedgerTable, 'usage' | 'turn_at'>]: LedgerTable[Column] }

type Turn = { tenant: string; responseId: string }

export class KyselyLedger implements Ledger {
  readonly #store: Store<RequestSchema>
  readonly #insert: PreparedQuery<unknown, Settling>
  readonly #noteTurn: PreparedQuery<unknown, Turn>
  readonly #noteEarly: PreparedQuery<unknown, Turn>
  readonly #takeEarly: PreparedQuery<unknown, Turn>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
    this.#insert = prepareInsert(store)
    this.#noteTurn = store.prepare((db, { tenant, responseId }) =>
      db
        .updateTable('ledger')
        .set({ turn: 'appended', turn_at: store.nowMs })
        .where('tenant', '=', tenant)
        .where('response_id', '=', responseId)
        .where('turn', '=', 'owed'),
    )
    this.#noteEarly = store.prepare((db, { tenant, responseId }) =>
      db
        .insertInto('early_turns')
        .values({ tenant, response_id: responseId, noted_at: store.nowMs })
        .onConflict((conflict) => conflict.doNothing()),
    )
    this.#takeEarly = store.prepare((db, { tenant, responseId }) =>
      db.deleteFrom('early_turns').where('tenant', '=', tenant).where('response_id', '=', responseId),
    )
  }

  insert: Ledger['insert'] = async (tx, row) => (await this.#insert.run(tx, toRow(row))) > 0

  put: Ledger['put'] = (tx, row) => this.#insert.write(tx, toRow(row))

  noteTurn: Ledger['noteTurn'] = async (tx, { tenant, responseId }) => {
    const turn = { tenant, responseId }
    if ((await this.#noteTurn.run(tx, turn)) === 0) await this.#noteEarly.write(tx, turn)
  }

  takeEarlyTurn: Ledger['takeEarlyTurn'] = async (tx, { tenant, responseId }) =>
    (await this.#takeEarly.run(tx, { tenant, responseId })) > 0

  list: Ledger['list'] = async (tenant, { after, limit }) => {
    const newestFirst = this.#store.read
      .selectFrom('ledger')
      .leftJoin('requests', (join) =>
        join.onRef('requests.tenant', '=', 'ledger.tenant').onRef('requests.request_id', '=', 'ledger.request_id'),
      )
      .selectAll('ledger')
      .select('requests.key_id as accepted_key_id')
      .where('ledger.tenant', '=', tenant)
      .orderBy('ledger.request_id', 'desc')
      .limit(limit + 1)
    const rows = await (after === undefined
      ? newestFirst
      : newestFirst.where('ledger.request_id', '<', after)
    ).execute()
    return rows.map((row) => ({
      requestId: row.request_id,
      responseId: row.response_id,
      keyId: row.key_id ?? row.accepted_key_id,
      status: row.status,
      model: row.model,
      provider: row.provider,
      usage: usageOf(row),
      attempts: row.attempts,
      settledAt: row.settled_at,
      costMicros: row.cost_micros ?? 0,
      priceVersion: row.price_version,
      lostUsage: row.lost_usage === null ? null : parseUsage(row.lost_usage),
      lostCostMicros: row.lost_cost_micros ?? 0,
    }))
  }
}

function toRow({ usage, lostUsage, ...row }: LedgerRow): Settling {
  return {
    tenant: row.tenant,
    request_id: row.requestId,
    response_id: row.responseId,
    status: row.status,
    model: row.model,
    provider: row.provider,
    attempts: row.attempts,
    settled_at: row.settledAt,
    key_id: row.keyId,
    input_tokens: usage?.inputTokens ?? null,
    cached_input_tokens: usage?.cachedInputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    provenance: usage?.provenance ?? null,
    accepted_at: row.acceptedAt,
    cost_micros: row.costMicros,
    price_version: row.priceVersion,
    lost_usage: lostUsage === null ? null : JSON.stringify(lostUsage),
    lost_cost_micros: row.lostCostMicros,
    turn: row.turn,
  }
}

type UsageColumns = Pick<
  LedgerTable,
  'usage' | 'input_tokens' | 'cached_input_tokens' | 'output_tokens' | 'reasoning_tokens' | 'provenance'
>

/** Null when nothing was used, or nobody knows what. */
export function usageOf(row: UsageColumns): Usage | null {
  if (row.provenance === null) return row.usage === null ? null : parseUsage(row.usage)
  return {
    inputTokens: row.input_tokens ?? 0,
    cachedInputTokens: row.cached_input_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    reasoningTokens: row.reasoning_tokens ?? 0,
    provenance: row.provenance,
  }
}

function prepareInsert(store: Store<RequestSchema>) {
  return store.prepare<unknown, Settling>((db, row) =>
    db
      .insertInto('ledger')
      .values({
        tenant: row.tenant,
        request_id: row.request_id,
        response_id: row.response_id,
        status: row.status,
        model: row.model,
        provider: row.provider,
        attempts: row.attempts,
        settled_at: row.settled_at,
        key_id: row.key_id,
        input_tokens: row.input_tokens,
        cached_input_tokens: row.cached_input_tokens,
        output_tokens: row.output_tokens,
        reasoning_tokens: row.reasoning_tokens,
        provenance: row.provenance,
        accepted_at: row.accepted_at,
        cost_micros: row.cost_micros,
        price_version: row.price_version,
        lost_usage: row.lost_usage,
        lost_cost_micros: row.lost_cost_micros,
        turn: row.turn,
      })
      .onConflict((conflict) => conflict.columns(['tenant', 'request_id']).doNothing()),
  )
}

function parseUsage(text: string): Usage {
  return JSON.parse(text)
}
