import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { LedgerEntry, Request, RequestInput, Saga } from '../contract.ts'
import { sagaState } from '../domain/request-saga.ts'
import { sagaHistory } from '../domain/saga-history.ts'
import type { Ledger, RecentInputs, RequestStore } from './ports.ts'
import type { SagaStore } from './upkeep-ports.ts'

interface PageOf<Entry> {
  data: Entry[]
  hasMore: boolean
}

export interface InspectRequests {
  /** With its saga. An operator may name another tenant than its own. */
  getRequest(context: CallContext, query: { requestId: string; tenant?: string }): Promise<Request>
  listRequests(context: CallContext, query: { after?: string; limit: number }): Promise<PageOf<Request>>
  listLedger(context: CallContext, query: { after?: string; limit: number }): Promise<PageOf<LedgerEntry>>
  getInput(context: CallContext, query: { requestId: string }): Promise<RequestInput>
}

/** Reads of a tenant's own requests; another tenant's id answers like an absent one, with REQUEST_NOT_FOUND. */
export function createInspectRequests(ports: {
  store: RequestStore
  ledger: Ledger
  sagas: Pick<SagaStore, 'listSteps' | 'turnOf'>
  recentInputs: RecentInputs
}): InspectRequests {
  const { store, ledger, sagas, recentInputs } = ports

  return {
    async getRequest({ principal }, { requestId, tenant = principal.tenant }) {
      if (tenant !== principal.tenant && !principal.scopes.includes('operator')) refuse()
      const request = (await store.find(tenant, requestId)) ?? refuse()
      return { ...request, saga: await sagaOf(tenant, request) }
    },

    async listRequests({ principal }, { after, limit }) {
      await checkCursor(principal.tenant, after)
      return page(await store.list(principal.tenant, { after, limit }), limit)
    },

    async listLedger({ principal }, { after, limit }) {
      await checkCursor(principal.tenant, after)
      return page(await ledger.list(principal.tenant, { after, limit }), limit)
    },

    async getInput({ principal: { tenant } }, { requestId }) {
      return recentInputs.find(tenant, requestId)?.input ?? (await store.findInput(tenant, requestId)) ?? refuse()
    },
  }

  async function sagaOf(tenant: string, { requestId, settledAt }: Request): Promise<Saga> {
    const noted = await sagas.listSteps(tenant, requestId)
    const { turn, turnAt } = (await sagas.turnOf(tenant, requestId)) ?? { turn: 'none', turnAt: null }
    const history = sagaHistory({ noted, settledAt, turn, turnAt })
    return { state: sagaState(history), history }
  }

  async function checkCursor(tenant: string, after: string | undefined): Promise<void> {
    if (after !== undefined && (await store.find(tenant, after)) === undefined) refuse()
  }
}

function page<Entry>(entries: Entry[], limit: number): PageOf<Entry> {
  return { data: entries.slice(0, limit), hasMore: entries.length > limit }
}

function refuse(): never {
  throw new AppError('REQUEST_NOT_FOUND', 'There is no request with this id.')
}
