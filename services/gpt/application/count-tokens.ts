import type { CallContext } from '@parley/chassis/values/context.ts'
import { type Item, itemText, type ReasoningItem } from '@parley/kernel/items.ts'
import { estimateItemTokens, estimateTextTokens, type Usage } from '@parley/kernel/usage.ts'
import { chatOverheadTokens, isPlainConversation } from '../domain/chat-token-overhead.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { TokenCount, TokenCounter } from './ports.ts'

export interface Conversation {
  readonly model: string
  readonly instructions: string | null
  readonly items: readonly Item[]
}

/** Counts the tokens that a conversation would take as input. Throws MODEL_NOT_FOUND. */
export function createCountTokens({ catalogue, counter }: { catalogue: ModelCatalogue; counter: TokenCounter }) {
  return async function countTokens(_context: CallContext, conversation: Conversation): Promise<TokenCount> {
    const { providerModel } = catalogue.route(conversation.model)
    return countConversation(counter, { ...conversation, model: providerModel })
  }
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
