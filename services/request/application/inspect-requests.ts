import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { LedgerEntry, Request, RequestInput } from '../contract.ts'
import type { Ledger, RecentInputs, RequestStore } from './ports.ts'

interface PageOf<Entry> {
  data: Entry[]
  hasMore: boolean
}

export interface InspectRequests {
  getRequest(context: CallContext, query: { requestId: string }): Promise<Request>
  listRequests(context: CallContext, query: { after?: string; limit: number }): Promise<PageOf<Request>>
  listLedger(context: CallContext, query: { after?: string; limit: number }): Promise<PageOf<LedgerEntry>>
  getInput(context: CallContext, query: { requestId: string }): Promise<RequestInput>
}

/** Reads of a tenant's own requests; another tenant's id answers like an absent one, with REQUEST_NOT_FOUND. */
export function createInspectRequests(ports: {
  store: RequestStore
  ledger: Ledger
  recentInputs: RecentInputs
}): InspectRequests {
  const { store, ledger, recentInputs } = ports

  return {
    async getRequest({ principal }, { requestId }) {
      return (await store.find(principal.tenant, requestId)) ?? refuse()
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
      return recentInputs.find(tenant, requestId) ?? (await store.findInput(tenant, requestId)) ?? refuse()
    },
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
