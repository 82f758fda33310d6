import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { InspectRequests } from '../application/inspect-requests.ts'
import type { ManageBudgets } from '../application/manage-budgets.ts'
import type { Reconcile } from '../application/reconcile.ts'
import type { SubmitRequestUseCase } from '../application/submit-request.ts'
import type { WatchOverRequests } from '../application/watch-over-requests.ts'
import type { RequestContract } from '../contract.ts'

export function createCalls(useCases: {
  submitRequest: SubmitRequestUseCase
  inspect: InspectRequests
  budgets: ManageBudgets
  watchOver: WatchOverRequests
  reconcile: Reconcile
}): CallsOf<typeof RequestContract> {
  const { submitRequest, inspect, budgets, watchOver, reconcile } = useCases
  return {
    submit: submitRequest,
    getRequest: inspect.getRequest,
    listRequests: inspect.listRequests,
    getInput: inspect.getInput,
    listLedger: inspect.listLedger,
    ...budgets,
    ...watchOver,
    reconcile,
  }
}
