import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { ResponseContract } from '@parley/response/contract.ts'
import type { StoredResponses } from '../application/ports.ts'
import { previousResponseNotFound } from '../domain/request-rules.ts'

export class ContractStoredResponses implements StoredResponses {
  readonly #response: Pick<CallsOf<typeof ResponseContract>, 'getResponse'>

  constructor(response: Pick<CallsOf<typeof ResponseContract>, 'getResponse'>) {
    this.#response = response
  }

  checkContinuable: StoredResponses['checkContinuable'] = async (context, responseId) => {
    const { completedAt } = await this.#response.getResponse(context, { responseId }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'RESPONSE_NOT_FOUND') throw previousResponseNotFound()
      throw error
    })
    if (completedAt !== null) return
    throw new AppError('INVALID_REQUEST', 'The previous response has not ended yet. Wait for it or cancel it first.', {
      param: 'previous_response_id',
    })
  }
}
