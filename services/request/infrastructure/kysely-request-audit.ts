import type { Store } from '@parley/chassis/store/store.ts'
import type { Price } from '@parley/kernel/price.ts'
import { type RawBuilder, sql } from 'kysely'
import type { BudgetFacts, LedgerFacts, RequestAudit, RequestFacts, RequestKey } from '../application/upkeep-ports.ts'
import { usageOf } from './kysely-ledger.ts'
import type { LedgerTable, RequestSchema, RequestTable } from './schema.ts'

export class KyselyRequestAudit implements RequestAudit {
  readonly #store: Store<RequestSchema>

  constructor(store: Store<RequestSchema>) {
    this.#store = store
  }

  nowMs: RequestAudit['nowMs'] = async () => {
    const { rows } = await sql<{ now: number }>`select ${this.#store.nowMs} as now`.execute(this.#store.read)
    return rows[0]?.now ?? 0
  }

  listRequests: RequestAudit['listRequests'] = async ({ after, limit }) => {
    const { read } = this.#store
    let keys = read.selectFrom('requests').select(['tenant', 'request_id']).orderBy('tenant').orderBy('request_id')
    if (after !== null) keys = keys.where(afterKey(after))
    const rows = await read
      .selectFrom(keys.limit(limit).as('page'))
      .innerJoin('requests', (join) =>
        join.onRef('requests.tenant', '=', 'page.tenant').onRef('requests.request_id', '=', 'page.request_id'),
      )
      .leftJoin('ledger', (join) =>
        join.onRef('ledger.tenant', '=', 'page.tenant').onRef('ledger.request_id', '=', 'page.request_id'),
      )
      .selectAll('ledger')
      .select([
        'requests.tenant as tenant',
        'requests.request_id as requestId',
        'requests.response_id as responseId',
        'requests.session_id as sessionId',
        sql<number>`coalesce(requests.progress_at, requests.accepted_at)`.as('progressAt'),
        'requests.price as price',
        'ledger.response_id as ledgerResponseId',
        sql<number | string>`(${holdsOf(sql`count(*)`)} and is_open = 1)`.as('openHolds'),
        sql<number | string | null>`(${holdsOf(sql`min(spent_micros)`)} and is_open = 0)`.as('chargedMin'),
        sql<number | string | null>`(${holdsOf(sql`max(spent_micros)`)} and is_open = 0)`.as('chargedMax'),
      ])
      .orderBy('requests.tenant')
      .orderBy('requests.request_id')
      .execute()
    return rows.map(toFacts)
  }

  listLedger: RequestAudit['listLedger'] = ({ after, limit }) => {
    const rows = this.#store.read
      .selectFrom('ledger')
      .leftJoin('requests', (join) =>
        join.onRef('requests.tenant', '=', 'ledger.tenant').onRef('requests.request_id', '=', 'ledger.request_id'),
      )
      .select([
        'ledger.tenant as tenant',
        'ledger.request_id as requestId',
        'ledger.response_id as responseId',
        'requests.response_id as acceptedResponseId',
      ])
      .orderBy('ledger.tenant')
      .orderBy('ledger.request_id')
      .limit(limit)
    return (after === null ? rows : rows.where(afterKey(after, 'ledger'))).execute()
  }

  listBudgets: RequestAudit['listBudgets'] = async ({ after, limit }) => {
    const sumOf = (column: string, isOpen: 0 | 1) => sql<number | string | null>`(
      select sum(${sql.ref(column)}) from budget_holds
      where budget_holds.budget_id = budget_periods.budget_id and budget_holds.starts_at = budget_periods.starts_at
        and is_open = ${sql.lit(isOpen)})`
    const periods = this.#store.read
      .selectFrom('budget_periods')
      .innerJoin('budgets', 'budgets.budget_id', 'budget_periods.budget_id')
      .selectAll('budget_periods')
      .select([
        'budgets.tenant as tenant',
        sumOf('held_micros', 1).as('sumHeldMicros'),
        sumOf('held_tokens', 1).as('sumHeldTokens'),
        sumOf('spent_micros', 0).as('sumSpentMicros'),
        sumOf('spent_tokens', 0).as('sumSpentTokens'),
      ])
      .orderBy('budget_periods.budget_id')
      .orderBy('budget_periods.starts_at')
      .limit(limit)
    const rows = await (after === null
      ? periods
      : periods.where(
          sql<boolean>`(budget_periods.budget_id > ${after.budgetId} or (budget_periods.budget_id = ${after.budgetId} and budget_periods.starts_at > ${after.startsAt}))`,
        )
    ).execute()
    return rows.map(
      (row): BudgetFacts => ({
        tenant: row.tenant,
        budgetId: row.budget_id,
        startsAt: row.starts_at,
        limitMicros: row.limit_micros,
        limitTokens: row.limit_tokens,
        spentMicros: row.spent_micros,
        heldMicros: row.held_micros,
        overMicros: row.over_micros,
        spentTokens: row.spent_tokens,
        heldTokens: row.held_tokens,
        overTokens: row.over_tokens,
        sumHeldMicros: Number(row.sumHeldMicros ?? 0),
        sumHeldTokens: Number(row.sumHeldTokens ?? 0),
        sumSpentMicros: Number(row.sumSpentMicros ?? 0),
        sumSpentTokens: Number(row.sumSpentTokens ?? 0),
      }),
    )
  }

  findRequests: RequestAudit['findRequests'] = async (keys) => {
    if (keys.length === 0) return []
    return this.#store.read
      .selectFrom('requests')
      .select(['tenant', 'request_id as requestId'])
      .where((where) => where.or(keys.map(({ tenant, requestId }) => where.and({ tenant, request_id: requestId }))))
      .execute()
  }
}

function afterKey({ tenant, requestId }: RequestKey, table: 'requests' | 'ledger' = 'requests') {
  const [tenantOf, idOf] = [sql.ref(`${table}.tenant`), sql.ref(`${table}.request_id`)]
  return sql<boolean>`(${tenantOf} > ${tenant} or (${tenantOf} = ${tenant} and ${idOf} > ${requestId}))`
}

function holdsOf(what: RawBuilder<unknown>) {
  return sql`select ${what} from budget_holds
    where budget_holds.tenant = requests.tenant and budget_holds.request_id = requests.request_id`
}

type Nullable<Row> = { [Column in keyof Row]: Row[Column] | null }
type Row = Omit<Nullable<LedgerTable>, 'tenant'> & {
  tenant: string
  requestId: string
  responseId: string
  sessionId: string | null
  progressAt: number
  price: RequestTable['price']
  ledgerResponseId: string | null
  openHolds: number | string
  chargedMin: number | string | null
  chargedMax: number | string | null
}

function toFacts(row: Row): RequestFacts {
  const { tenant, requestId, responseId, sessionId, progressAt, chargedMin, chargedMax } = row
  const price: Price | null = row.price === null ? null : JSON.parse(row.price)
  return {
    ...{ tenant, requestId, responseId, sessionId, progressAt, price },
    openHolds: Number(row.openHolds),
    chargedMicros: chargedMin === null ? null : { min: Number(chargedMin), max: Number(chargedMax) },
    ledger: toLedgerFacts(row),
  }
}

function toLedgerFacts(row: Row): LedgerFacts | null {
  const { ledgerResponseId, status, attempts, settled_at: settledAt, turn } = row
  if (ledgerResponseId === null || status === null || attempts === null || settledAt === null || turn === null)
    return null
  return {
    ...{ responseId: ledgerResponseId, status, attempts, settledAt, turn },
    usage: usageOf(row),
    lostUsage: row.lost_usage === null ? null : JSON.parse(row.lost_usage),
    costMicros: row.cost_micros ?? 0,
    lostCostMicros: row.lost_cost_micros ?? 0,
  }
}
