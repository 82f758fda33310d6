import type { CallsOf } from '@parley/chassis/contract/define-contract.ts'
import type { Clock } from '@parley/chassis/values/clock.ts'
import type { GptContract, Model } from '@parley/gpt/contract.ts'
import { LRUCache } from 'lru-cache'
import type { ModelCatalog, ResolvedModel } from '../application/ports.ts'

const answerAgeMaxMs = 5_000
const namesMax = 1_000
/** No model has this name: a name that was submitted empty never reaches the cache. */
const defaultName = ''

/** Asks gpt, and remembers its answers for a moment, or until `forget`. Refusals are not remembered. */
export class GptModels implements ModelCatalog {
  readonly #gpt: Pick<CallsOf<typeof GptContract>, 'getModel' | 'listModels'>
  readonly #models: LRUCache<string, ResolvedModel>
  /** How often it has forgotten: an answer to a question of before may be out of date. */
  #forgotten = 0

  constructor(gpt: Pick<CallsOf<typeof GptContract>, 'getModel' | 'listModels'>, clock: Clock) {
    this.#gpt = gpt
    this.#models = new LRUCache({ max: namesMax, ttl: answerAgeMaxMs, perf: { now: () => clock.monotonicMs() } })
  }

  resolve: ModelCatalog['resolve'] = async (context, name) => {
    const known = this.#models.get(name)
    if (known !== undefined) return known
    const asked = this.#forgotten
    const model = toResolved(await this.#gpt.getModel(context, { model: name }))
    this.#remember(name, model, asked)
    return model
  }

  defaultModel: ModelCatalog['defaultModel'] = async (context) => {
    const known = this.#models.get(defaultName)
    if (known !== undefined) return known
    const asked = this.#forgotten
    const { models, defaultModel } = await this.#gpt.listModels(context, {})
    const listed = models.find(({ id }) => id === defaultModel)
    const model = listed === undefined ? await this.resolve(context, defaultModel) : toResolved(listed)
    this.#remember(defaultName, model, asked)
    return model
  }

  /** To be called when models or prices may have changed. */
  forget(): void {
    this.#forgotten += 1
    this.#models.clear()
  }

  #remember(name: string, model: ResolvedModel, asked: number): void {
    if (asked === this.#forgotten) this.#models.set(name, model)
  }
}

function toResolved({ id, contextTokensMax, outputTokensMax = null, price = null }: Model): ResolvedModel {
  return { id, contextTokensMax, outputTokensMax, price }
}
