import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { Ledger } from '../application/ports.ts'
import type { LedgerTable, RequestSchema } from './schema.ts'

type Settling = { [Column in keyof LedgerTable]: LedgerTable[Column] }

export class KyselyLedger implements Ledger {
  readonly #store: Store<RequestSchema>
  readonly #insert: PreparedQuery<unknown, Settling>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
    this.#insert = store.prepare((db, row) =>
      db.insertInto('ledger').values({
        tenant: row.tenant,
        request_id: row.request_id,
        response_id: row.response_id,
        status: row.status,
        model: row.model,
        provider: row.provider,
        usage: row.usage,
        attempts: row.attempts,
        settled_at: row.settled_at,
      }),
    )
  }

  insert: Ledger['insert'] = (tx, row) =>
    this.#insert.write(tx, {
      tenant: row.tenant,
      request_id: row.requestId,
      response_id: row.responseId,
      status: row.status,
      model: row.model,
      provider: row.provider,
      usage: row.usage === null ? null : JSON.stringify(row.usage),
      attempts: row.attempts,
      settled_at: row.settledAt,
    })

  list: Ledger['list'] = async (tenant, { after, limit }) => {
    const newestFirst = this.#store.read
      .selectFrom('ledger')
      .leftJoin('requests', (join) =>
        join.onRef('requests.tenant', '=', 'ledger.tenant').onRef('requests.request_id', '=', 'ledger.request_id'),
      )
      .select([
        'ledger.request_id as requestId',
        'ledger.response_id as responseId',
        'requests.key_id as keyId',
        'ledger.status as status',
        'ledger.model as model',
        'ledger.provider as provider',
        'ledger.usage as usage',
        'ledger.attempts as attempts',
        'ledger.settled_at as settledAt',
      ])
      .where('ledger.tenant', '=', tenant)
      .orderBy('ledger.request_id', 'desc')
      .limit(limit + 1)
    const rows = await (after === undefined
      ? newestFirst
      : newestFirst.where('ledger.request_id', '<', after)
    ).execute()
    return rows.map((row) => ({ ...row, usage: row.usage === null ? null : parseUsage(row.usage) }))
  }
}

function parseUsage(text: string): Usage {
  return JSON.parse(text)
}
