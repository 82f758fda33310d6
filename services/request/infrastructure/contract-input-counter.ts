import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { GptContract } from '@parley/gpt/contract.ts'
import type { ResponseContract } from '@parley/response/contract.ts'
import type { SessionContract } from '@parley/session/contract.ts'
import type { CountedInput, InputCounter } from '../application/ports.ts'

interface Neighbours {
  readonly gpt: Pick<CallsOf<typeof GptContract>, 'countTokens'>
  readonly session: Pick<CallsOf<typeof SessionContract>, 'buildContext'>
  readonly response: Pick<CallsOf<typeof ResponseContract>, 'getResponse'>
}

type Context = Parameters<InputCounter['count']>[0]

/**
 * New items as gpt counts them; the past as its keepers know it. The past is estimated (by length, in a session) or what a
 * provider charged for it last time (in a chain), so a sum with a past in it is an estimate.
 */
export class ContractInputCounter implements InputCounter {
  readonly #neighbours: Neighbours

  constructor(neighbours: Neighbours) {
    this.#neighbours = neighbours
  }

  count: InputCounter['count'] = async (context, input) => {
    const { model, instructions, items } = input
    const counted = await this.#neighbours.gpt.countTokens(context, { model, instructions, items })
    const pastTokens = await this.#pastTokens(context, input)
    if (pastTokens === 0) return counted
    return { tokens: counted.tokens + pastTokens, provenance: 'estimated' }
  }

  async #pastTokens(
    context: Context,
    { sessionId, previousResponseId, contextTokensMax }: CountedInput,
  ): Promise<number> {
    const { session, response } = this.#neighbours
    if (sessionId !== null) {
      return (await session.buildContext(context, { sessionId, tokensMax: contextTokensMax })).tokens
    }
    if (previousResponseId === null) return 0
    const { usage } = await response.getResponse(context, { responseId: previousResponseId })
    return usage === null ? 0 : usage.inputTokens + usage.outputTokens
  }
}
