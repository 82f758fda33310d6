import { onAbort } from '@parley/chassis/contract/call-scope.ts'
import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { ProcessResponse } from '../application/process-response.ts'
import type { ResponseContract } from '../contract.ts'

export function createCalls(responses: ProcessResponse): CallsOf<typeof ResponseContract> {
  return {
    follow(context, query) {
      const reader = responses.follow(context, query)
      onAbort(context, () => void reader.return?.())
      return reader
    },
    getResponse: responses.getResponse,
    listInputItems: responses.listInputItems,
    cancel: responses.cancel,
    deleteResponse: responses.deleteResponse,
  }
}
