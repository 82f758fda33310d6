import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { RequestContract } from '@parley/request/contract.ts'
import type { RequestInputs } from '../application/ports.ts'

export class ContractRequestInputs implements RequestInputs {
  readonly #request: Pick<CallsOf<typeof RequestContract>, 'getInput'>

  constructor(request: Pick<CallsOf<typeof RequestContract>, 'getInput'>) {
    this.#request = request
  }

  get: RequestInputs['get'] = (context, requestId) => this.#request.getInput(context, { requestId })

  find: RequestInputs['find'] = (context, requestId) =>
    this.#request.getInput(context, { requestId }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'REQUEST_NOT_FOUND') return null
      throw error
    })
}
