import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { InspectRequests } from '../application/inspect-requests.ts'
import type { SubmitRequestUseCase } from '../application/submit-request.ts'
import type { RequestContract } from '../contract.ts'

export function createCalls(useCases: {
  submitRequest: SubmitRequestUseCase
  inspect: InspectRequests
}): CallsOf<typeof RequestContract> {
  const { submitRequest, inspect } = useCases
  return {
    submit: submitRequest,
    getRequest: inspect.getRequest,
    listRequests: inspect.listRequests,
    getInput: inspect.getInput,
    listLedger: inspect.listLedger,
  }
}
