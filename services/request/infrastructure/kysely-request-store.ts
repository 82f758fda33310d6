import type { PreparedQuery, Store } from '@parley/chassis/store/store.ts'
import { isUniqueViolation } from '@parley/chassis/store/store-errors.ts'
import type { Price } from '@parley/kernel/price.ts'
import type { KeyedRequest, RequestStore } from '../application/ports.ts'
import type { RequestInput } from '../contract.ts'
import type { IdempotencyKeyTable, RequestSchema, RequestTable } from './schema.ts'

type Accepting = { [Column in Exclude<keyof RequestTable, 'progress_at' | 'drives'>]: RequestTable[Column] }
type TermsRow = Pick<RequestTable, 'key_id' | 'accepted_at' | 'price' | 'held'>
type Claiming = { [Column in keyof IdempotencyKeyTable]: IdempotencyKeyTable[Column] }

/** The statements of acceptance are prepared: they run once for every request there is. */
export class KyselyRequestStore implements RequestStore {
  readonly #store: Store<RequestSchema>
  readonly #insert: PreparedQuery<unknown, Accepting>
  readonly #claimKey: PreparedQuery<unknown, Claiming>
  readonly #findByKey: PreparedQuery<KeyedRequest, { tenant: string; key: string }>
  readonly #findTerms: PreparedQuery<TermsRow, { tenant: string; requestId: string }>
  readonly #findInput: PreparedQuery<{ input: string | null }, { tenant: string; requestId: string }>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
    this.#insert = store.prepare((db, row) =>
      db.insertInto('requests').values({
        tenant: row.tenant,
        request_id: row.request_id,
        response_id: row.response_id,
        key_id: row.key_id,
        session_id: row.session_id,
        model: row.model,
        input: row.input,
        accepted_at: row.accepted_at,
        price: row.price,
        progress_at: store.nowMs,
        drives: 0,
        held: row.held,
      }),
    )
    this.#claimKey = store.prepare((db, row) =>
      db
        .insertInto('idempotency_keys')
        .values({
          tenant: row.tenant,
          idempotency_key: row.idempotency_key,
          fingerprint: row.fingerprint,
          request_id: row.request_id,
          response_id: row.response_id,
          accepted_at: row.accepted_at,
        })
        .onConflict((conflict) => conflict.columns(['tenant', 'idempotency_key']).doNothing()),
    )
    this.#findByKey = store.prepare((db, { tenant, key }) =>
      db
        .selectFrom('idempotency_keys')
        .select(['fingerprint', 'request_id as requestId', 'response_id as responseId', 'accepted_at as acceptedAt'])
        .where('tenant', '=', tenant)
        .where('idempotency_key', '=', key),
    )
    this.#findInput = store.prepare((db, { tenant, requestId }) =>
      db.selectFrom('requests').select('input').where('tenant', '=', tenant).where('request_id', '=', requestId),
    )
    this.#findTerms = store.prepare((db, { tenant, requestId }) =>
      db
        .selectFrom('requests')
        .select(['key_id', 'accepted_at', 'price', 'held'])
        .where('tenant', '=', tenant)
        .where('request_id', '=', requestId),
    )
  }

  insert: RequestStore['insert'] = (tx, request) =>
    this.#insert.write(tx, {
      tenant: request.tenant,
      request_id: request.requestId,
      response_id: request.responseId,
      key_id: request.keyId,
      session_id: request.input.sessionId,
      model: request.input.model,
      input: request.inputText,
      accepted_at: request.acceptedAt,
      price: request.price === null ? null : JSON.stringify(request.price),
      held: request.held ? 1 : 0,
    })

  isTaken: RequestStore['isTaken'] = isUniqueViolation

  claimKey: RequestStore['claimKey'] = async (tx, claim) => {
    const changed = await this.#claimKey.run(tx, {
      tenant: claim.tenant,
      idempotency_key: claim.key,
      fingerprint: claim.fingerprint,
      request_id: claim.requestId,
      response_id: claim.responseId,
      accepted_at: claim.acceptedAt,
    })
    return changed > 0
  }

  findByKey: RequestStore['findByKey'] = (tenant, key) => this.#findByKey.first(null, { tenant, key })

  find: RequestStore['find'] = async (tenant, requestId) =>
    this.#withStatus(tenant).where('requests.request_id', '=', requestId).executeTakeFirst()

  list: RequestStore['list'] = (tenant, { after, limit }) => {
    const newestFirst = this.#withStatus(tenant)
      .orderBy('requests.request_id', 'desc')
      .limit(limit + 1)
    return (after === undefined ? newestFirst : newestFirst.where('requests.request_id', '<', after)).execute()
  }

  findInput: RequestStore['findInput'] = async (tenant, requestId) => {
    const row = await this.#findInput.first(null, { tenant, requestId })
    if (row === undefined || row.input === null) return undefined
    const input: RequestInput = JSON.parse(row.input)
    return input
  }

  findTerms: RequestStore['findTerms'] = async (tx, tenant, requestId) => {
    const row = await this.#findTerms.first(tx, { tenant, requestId })
    if (row === undefined) return undefined
    const price: Price | null = row.price === null ? null : JSON.parse(row.price)
    return { keyId: row.key_id, acceptedAt: row.accepted_at, price, held: row.held === 1 }
  }

  /** A request has the status of its ledger row; one without is still under way. */
  #withStatus(tenant: string) {
    return this.#store.read
      .selectFrom('requests')
      .leftJoin('ledger', (join) =>
        join.onRef('ledger.tenant', '=', 'requests.tenant').onRef('ledger.request_id', '=', 'requests.request_id'),
      )
      .select((select) => [
        'requests.request_id as requestId',
        'requests.response_id as responseId',
        select.fn.coalesce('ledger.status', select.val('accepted' as const)).as('status'),
        'requests.model as model',
        'requests.session_id as sessionId',
        'requests.key_id as keyId',
        'requests.accepted_at as acceptedAt',
        'ledger.settled_at as settledAt',
      ])
      .where('requests.tenant', '=', tenant)
  }
}
