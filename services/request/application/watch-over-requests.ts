import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { StuckRequest, UsageTotal } from '../contract.ts'
import { sagaState } from '../domain/request-saga.ts'
import { sagaHistory } from '../domain/saga-history.ts'
import type { SagaStore, UsageTotals } from './upkeep-ports.ts'

/** What operators and tenants want to know of many requests at once. */
export function createWatchOverRequests(ports: { sagas: SagaStore; totals: UsageTotals; stuckAfterMs: number }) {
  const { sagas, totals, stuckAfterMs } = ports

  return {
    /** The longest stuck first, of all tenants. Throws SCOPE_MISSING. */
    async listStuck({ principal }: CallContext, { limit }: { limit: number }): Promise<{ data: StuckRequest[] }> {
      if (!principal.scopes.includes('operator')) {
        throw new AppError('SCOPE_MISSING', "Stuck requests of every tenant are listed for the scope 'operator'.")
      }
      const rows = await sagas.listStuck({ stuckAfterMs, limit })
      return {
        data: await Promise.all(
          rows.map(async ({ tenant, requestId, responseId, model, acceptedAt, progressAt, drives, turn }) => {
            const noted = await sagas.listSteps(tenant, requestId)
            const settledAt = turn === 'owed' ? progressAt : null
            const state = sagaState(sagaHistory({ noted, settledAt, turn, turnAt: null }))
            return { tenant, requestId, responseId, model, state, acceptedAt, progressAt, drives }
          }),
        ),
      }
    },

    /** Sums over the tenant's own ledger, the newest day first. */
    async getUsage(
      { principal }: CallContext,
      { by, from, to, limit }: { by: string; from: number; to: number; limit: number },
    ): Promise<{ data: UsageTotal[]; hasMore: boolean }> {
      const names = by.split(',')
      const told = { day: names.includes('day'), model: names.includes('model'), key: names.includes('key') }
      const found = await totals.total(principal.tenant, { ...told, from, to, limit })
      return { data: found.slice(0, limit), hasMore: found.length > limit }
    },
  }
}

export type WatchOverRequests = ReturnType<typeof createWatchOverRequests>
