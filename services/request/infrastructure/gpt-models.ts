import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { GptContract } from '@parley/gpt/contract.ts'
import { LRUCache } from 'lru-cache'
import type { ModelCatalog } from '../application/ports.ts'

const answerAgeMaxMs = 5_000
const namesMax = 1_000
/** No model has this name: a name that was submitted empty never reaches the cache. */
const defaultName = ''

/** Asks gpt, and remembers its answers for a moment. Refusals are not remembered. */
export class GptModels implements ModelCatalog {
  readonly #gpt: Pick<CallsOf<typeof GptContract>, 'getModel' | 'listModels'>
  readonly #ids: LRUCache<string, string>

  constructor(gpt: Pick<CallsOf<typeof GptContract>, 'getModel' | 'listModels'>, clock: Clock) {
    this.#gpt = gpt
    this.#ids = new LRUCache({ max: namesMax, ttl: answerAgeMaxMs, perf: { now: () => clock.monotonicMs() } })
  }

  resolve: ModelCatalog['resolve'] = async (context, model) => {
    const known = this.#ids.get(model)
    if (known !== undefined) return known
    const { id } = await this.#gpt.getModel(context, { model })
    this.#ids.set(model, id)
    return id
  }

  defaultModel: ModelCatalog['defaultModel'] = async (context) => {
    const known = this.#ids.get(defaultName)
    if (known !== undefined) return known
    const { defaultModel } = await this.#gpt.listModels(context, {})
    this.#ids.set(defaultName, defaultModel)
    return defaultModel
  }
}
