import type { CallContext } from '@parley/chassis/values/context.ts'
import { AppError } from '@parley/chassis/values/errors.ts'
import type { GenerationOptions } from '@parley/kernel/generation.ts'
import { type Item, itemText, type ReasoningItem } from '@parley/kernel/items.ts'
import { estimateItemTokens, estimateTextTokens, type Usage } from '@parley/kernel/usage.ts'
import { chatOverheadTokens, isPlainConversation } from '../domain/chat-token-overhead.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { ModelClient, TokenCount, TokenCounter } from './ports.ts'

export interface Conversation {
  readonly model: string
  readonly instructions: string | null
  readonly items: readonly Item[]
}

export interface CountTokensPorts {
  readonly catalogue: ModelCatalogue
  /** One client per provider of the catalogue, by its name. */
  readonly clients: ReadonlyMap<string, ModelClient>
  readonly counter: TokenCounter
}

export type AskedConversation = Conversation & { readonly options?: GenerationOptions }

/**
 * Counts the tokens that a conversation would take as input. With `options` the provider is asked, where it counts; what
 * it refuses is refused, and while it cannot be had the count is made here. Throws MODEL_NOT_FOUND, and what the provider
 * says of the request.
 */
export function createCountTokens({ catalogue, clients, counter }: CountTokensPorts) {
  return async function countTokens(context: CallContext, asked: AskedConversation): Promise<TokenCount> {
    const { options, ...conversation } = asked
    const { provider, providerModel } = catalogue.route(asked.model)
    const counted = { ...conversation, model: providerModel }
    if (options === undefined) return countConversation(counter, counted)
    const client = clients.get(provider)
    if (client?.countInput === undefined) return countConversation(counter, withTools(counted, options))
    const request = { responseId: 'count', attempt: 1, providerModel, options, delivery: 'whole' as const }
    try {
      const { instructions, items } = conversation
      return { tokens: await client.countInput(context, { ...request, instructions, items }), provenance: 'provider' }
    } catch (error) {
      if (error instanceof AppError && refusals.has(error.code)) throw error
      return countConversation(counter, withTools(counted, options))
    }
  }
}

const refusals: ReadonlySet<string> = new Set([
  'MODEL_NOT_FOUND',
  'UNSUPPORTED_PARAMETER',
  'CONTEXT_TOO_LONG',
  'PROVIDER_REFUSED',
  'CALL_CANCELLED',
  'CALL_TIMEOUT',
])

/** Providers put the tools in front of the conversation, as text. */
function withTools(conversation: Conversation, { tools = [] }: GenerationOptions): Conversation {
  if (tools.length === 0) return conversation
  const { instructions } = conversation
  const described = tools.map((tool) => JSON.stringify(tool))
  return { ...conversation, instructions: [...described, ...(instructions === null ? [] : [instructions])].join('\n') }
}

/** Usage of a generation whose provider did not report it. */
export async function countUsage(
  counter: TokenCounter,
  { conversation, output }: { conversation: Conversation; output: readonly Item[] },
): Promise<Usage> {
  const { model } = conversation
  const input = await countConversation(counter, conversation)
  const reasoning = await counter.count(model, output.filter((item) => item.type === 'reasoning').map(reasoningText))
  const answer = await counter.count(model, output.filter((item) => item.type !== 'reasoning').map(itemText))
  const isExact = [input, reasoning, answer].every((count) => count.provenance === 'exact')
  return {
    inputTokens: input.tokens,
    cachedInputTokens: 0,
    outputTokens: reasoning.tokens + answer.tokens,
    reasoningTokens: reasoning.tokens,
    provenance: isExact ? 'exact' : 'estimated',
  }
}

/** All that was written, not only the summary that a reader is shown. */
function reasoningText({ content = [], summary }: ReasoningItem): string {
  return [...content, ...summary].map((part) => part.text).join('')
}

async function countConversation(
  counter: TokenCounter,
  { model, instructions, items }: Conversation,
): Promise<TokenCount> {
  if (!isPlainConversation(items)) return estimateConversation(items, instructions)
  const texts = items.map(itemText)
  if (instructions !== null) texts.push(instructions)
  const counted = await counter.count(model, texts)
  return { ...counted, tokens: counted.tokens + chatOverheadTokens(items, { instructions }) }
}

function estimateConversation(items: readonly Item[], instructions: string | null): TokenCount {
  let tokens = instructions === null ? 0 : estimateTextTokens(instructions)
  for (const item of items) tokens += estimateItemTokens(item)
  return { tokens, provenance: 'estimated' }
}
