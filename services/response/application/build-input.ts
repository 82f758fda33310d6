import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { Generate } from '@parley/gpt/contract.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import type { Item } from '@parley/kernel/items.ts'
import type { RequestInput } from '@parley/request/contract.ts'
import type { Preferences } from '@parley/session/contract.ts'
import { ChainContext } from '../domain/chain-context.ts'
import { tokensForContext } from '../domain/token-budget.ts'
import { truncateInput } from '../domain/truncate-input.ts'
import { keptItems } from '../domain/turn-rules.ts'
import type { Persist } from './persist.ts'
import type { Claim, ContentStore, ModelClient, ResponseStore, SessionTurns } from './ports.ts'

export interface BuildInputPorts {
  sessions: SessionTurns
  models: ModelClient
  store: ResponseStore
  contents: ContentStore
  persist: Persist
  /** Read for each run: it may change. */
  limits: { readonly contextTokensMax: number }
}

export type BuildInput = (context: CallContext, claim: Claim, input: RequestInput) => Promise<Generate>

/** How long a run waits for a service that is being restarted before it gives up. */
export const patienceMs = 30_000

/**
 * What the model is given: the earlier turns that fit, then the new input. What the request says of itself wins over the
 * preferences of its session. A request that continues nothing passes through without a call or a copy, unless it asks
 * to be shortened. One that forbids leaving anything out fails with CONTEXT_TOO_LONG where that would be needed.
 */
export function createBuildInput(ports: BuildInputPorts): BuildInput {
  const { sessions, models, store, contents, persist, limits } = ports

  return async function buildInput(context, claim, input) {
    const { response, attempt } = claim
    const { sessionId, previousResponseId, instructions, options, delivery } = input
    const plain = { responseId: response.responseId, attempt, model: response.model, instructions, options, delivery }
    const truncation = options.handling?.truncation
    if (sessionId === null && previousResponseId === null) {
      return { ...plain, items: truncation === 'auto' ? await shortened(context, response.model, input) : input.items }
    }

    const tokensMax = await budget(context, response.model, input, { whole: truncation === 'disabled' })
    if (sessionId === null) {
      const { items, truncated } = await chain(response.tenant, previousResponseId, tokensMax)
      if (truncated && truncation === 'disabled') throw contextTooLong()
      return { ...plain, items: [...items, ...input.items] }
    }
    const held = { sessionId, responseId: response.responseId }
    const [turn] = await persist(context, { forMs: patienceMs }, () =>
      Promise.all([sessions.context(context, { sessionId, tokensMax }), sessions.hold(context, held)]),
    )
    if (turn.truncated && truncation === 'disabled') throw contextTooLong()
    return {
      ...plain,
      instructions: instructions ?? turn.preferences.instructions ?? null,
      options: withPreferences(options, turn.preferences),
      items: [...turn.items, ...input.items],
    }
  }

  /** `whole`: all that the model can hold, whatever is usual here. */
  async function budget(
    context: CallContext,
    model: string,
    input: RequestInput,
    { whole }: { whole: boolean },
  ): Promise<number> {
    const modelTokensMax = await persist(context, { forMs: patienceMs }, () => models.contextTokensMax(context, model))
    const { instructions, items, options } = input
    return tokensForContext({
      contextTokensMax: whole ? modelTokensMax : limits.contextTokensMax,
      modelTokensMax,
      maxOutputTokens: options.maxOutputTokens,
      instructions,
      items,
    })
  }

  async function shortened(context: CallContext, model: string, input: RequestInput): Promise<Item[]> {
    const tokensMax = await budget(context, model, { ...input, items: [] }, { whole: true })
    return truncateInput(input.items, tokensMax)
  }

  /** Walks the chain newest first, one read per response, and stops where the budget ends or a response was deleted. */
  async function chain(
    tenant: string,
    newestId: string | null,
    tokensMax: number,
  ): Promise<{ items: Item[]; truncated: boolean }> {
    const window = new ChainContext(tokensMax)
    for (let responseId = newestId; responseId !== null; ) {
      const response = await store.find(responseId)
      const content = response?.tenant === tenant ? await contents.find(responseId) : undefined
      if (response?.outcome == null || content === undefined) {
        if (responseId === newestId) throw previousResponseGone()
        break
      }
      if (!window.take(keptItems(response.outcome, content.items, content.output))) {
        return { items: window.items(), truncated: true }
      }
      responseId = response.previousResponseId
    }
    return { items: window.items(), truncated: false }
  }
}

function withPreferences(options: GenerationOptions, preferences: Preferences): GenerationOptions {
  const { temperature, maxOutputTokens } = preferences
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...options,
  }
}

function contextTooLong(): AppError {
  const message =
    'The earlier turns do not fit the context of the model, and truncation is disabled. Send truncation: auto.'
  return new AppError('CONTEXT_TOO_LONG', message, { param: 'truncation' })
}

function previousResponseGone(): AppError {
  return new AppError('PREVIOUS_RESPONSE_NOT_FOUND', 'The response to continue from was deleted before this one ran.', {
    param: 'previous_response_id',
  })
}
