import type { CallContext } from '@parley/chassis/values/context.ts'
import type { GenerationStep } from '@parley/kernel/frames.ts'
import type { EmbeddingOptions } from '@parley/kernel/generation.ts'
import { type Item, itemText } from '@parley/kernel/items.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { Generate } from '../contract.ts'
import type { Route } from '../domain/model-catalogue.ts'
import type { EmbeddingRequest, ModelClient, TokenCounter } from './ports.ts'

export interface Embedding {
  readonly command: Generate
  readonly embedding: EmbeddingOptions
  readonly route: Route
  readonly client: ModelClient
  readonly counter: TokenCounter
}

/**
 * Asks the provider once for the vectors of the input; one item per vector, then `generation-end`. Usage is the
 * provider's own figure or, when it gave none, counted here. Throws what `ModelClient.embed` throws.
 */
export async function* embed(
  context: CallContext,
  { command, embedding, route, client, counter }: Embedding,
): AsyncGenerator<GenerationStep, void> {
  const { encoding, dimensions = null, tokens, native = {} } = embedding
  const { provider, providerModel } = route
  const input = tokens ?? command.items.map(itemText)
  const answer = await client.embed(context, { providerModel, input, encoding, dimensions, native })
  for (const [index, vector] of answer.embeddings.entries()) {
    const item = toItem(`msg_${index}`, vector)
    yield {
      type: 'item-start',
      index,
      item: { ...item, status: 'in_progress', native: { dialect: 'embeddings', fields: {} } },
    }
    yield { type: 'item-end', index, item }
  }
  const usage =
    answer.inputTokens === null ? await countInput(counter, providerModel, input) : reported(answer.inputTokens)
  yield { type: 'generation-end', finish: 'stop', usage, provider, providerModel: answer.providerModel }
}

function toItem(id: string, embedding: string | number[]): Item {
  const native = { dialect: 'embeddings' as const, fields: { embedding } }
  return { type: 'message', id, status: 'completed', role: 'assistant', content: [], native }
}

const inputOnly = { cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }

function reported(inputTokens: number): Usage {
  return { ...inputOnly, inputTokens, provenance: 'provider' }
}

async function countInput(counter: TokenCounter, model: string, input: EmbeddingRequest['input']): Promise<Usage> {
  const texts = input.filter((entry) => typeof entry === 'string')
  const given = input.reduce<number>((sum, entry) => sum + (typeof entry === 'string' ? 0 : entry.length), 0)
  const { tokens, provenance } = await counter.count(model, texts)
  return { ...inputOnly, inputTokens: tokens + given, provenance: texts.length === 0 ? 'exact' : provenance }
}
