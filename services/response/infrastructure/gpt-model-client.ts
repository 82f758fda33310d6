import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { GptContract } from '@parley/gpt/contract.ts'
import { LRUCache } from 'lru-cache'
import type { ModelClient } from '../application/ports.ts'

type GptCalls = Pick<CallsOf<typeof GptContract>, 'generate' | 'getModel'>

const answerAgeMaxMs = 5_000
const modelsMax = 1_000

/** Generates through gpt, and remembers for a moment how much each model can hold. */
export class GptModelClient implements ModelClient {
  readonly #gpt: GptCalls
  readonly #contextTokens: LRUCache<string, number>

  constructor(gpt: GptCalls, clock: Clock) {
    this.#gpt = gpt
    this.#contextTokens = new LRUCache({
      max: modelsMax,
      ttl: answerAgeMaxMs,
      perf: { now: () => clock.monotonicMs() },
    })
  }

  generate: ModelClient['generate'] = (context, generation) => this.#gpt.generate(context, generation)

  contextTokensMax: ModelClient['contextTokensMax'] = async (context, model) => {
    const known = this.#contextTokens.get(model)
    if (known !== undefined) return known
    const { contextTokensMax } = await this.#gpt.getModel(context, { model })
    this.#contextTokens.set(model, contextTokensMax)
    return contextTokensMax
  }
}
