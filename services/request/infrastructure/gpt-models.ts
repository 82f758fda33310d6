import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { GptContract, Model } from '@parley/gpt/contract.ts'
import { LRUCache } from 'lru-cache'
import type { ModelCatalog, ResolvedModel } from '../application/ports.ts'

const answerAgeMaxMs = 5_000
const namesMax = 1_000
/** No model has this name: a name that was submitted empty never reaches the cache. */
const defaultName = ''

/** Asks gpt, and remembers its answers for a moment. Refusals are not remembered. */
export class GptModels implements ModelCatalog {
  readonly #gpt: Pick<CallsOf<typeof GptContract>, 'getModel' | 'listModels'>
  readonly #models: LRUCache<string, ResolvedModel>

  constructor(gpt: Pick<CallsOf<typeof GptContract>, 'getModel' | 'listModels'>, clock: Clock) {
    this.#gpt = gpt
    this.#models = new LRUCache({ max: namesMax, ttl: answerAgeMaxMs, perf: { now: () => clock.monotonicMs() } })
  }

  resolve: ModelCatalog['resolve'] = async (context, name) => {
    const known = this.#models.get(name)
    if (known !== undefined) return known
    const model = toResolved(await this.#gpt.getModel(context, { model: name }))
    this.#models.set(name, model)
    return model
  }

  defaultModel: ModelCatalog['defaultModel'] = async (context) => {
    const known = this.#models.get(defaultName)
    if (known !== undefined) return known
    const { models, defaultModel } = await this.#gpt.listModels(context, {})
    const listed = models.find(({ id }) => id === defaultModel)
    const model = listed === undefined ? await this.resolve(context, defaultModel) : toResolved(listed)
    this.#models.set(defaultName, model)
    return model
  }
}

function toResolved({ id, contextTokensMax, outputTokensMax = null, price = null }: Model): ResolvedModel {
  return { id, contextTokensMax, outputTokensMax, price }
}
