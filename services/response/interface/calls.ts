import { onAbort } from '@parley/chassis/contract/call-scope.ts'
import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { ProcessResponse } from '../application/process-response.ts'
import type { ResponseContract } from '../contract.ts'

export function createCalls(
  responses: ProcessResponse,
  auditResponses: CallsOf<typeof ResponseContract>['auditResponses'],
  completions: Pick<CallsOf<typeof ResponseContract>, 'listCompletions' | 'updateMetadata'>,
  findOutputItems: CallsOf<typeof ResponseContract>['findOutputItems'],
): CallsOf<typeof ResponseContract> {
  return {
    follow(context, query) {
      const reader = responses.follow(context, query)
      onAbort(context, () => void reader.return?.())
      return reader
    },
    getResponse: responses.getResponse,
    listAttempts: responses.listAttempts,
    listInputItems: responses.listInputItems,
    findOutputItems,
    auditResponses,
    listCompletions: completions.listCompletions,
    updateMetadata: completions.updateMetadata,
    cancel: responses.cancel,
    deleteResponse: responses.deleteResponse,
  }
}
