import type { SpanDescription, SpanValue } from '@parley/chassis/telemetry/tracing/tracer.ts'
import type { EmbeddingRequest, ModelEnd, ModelRequest } from '../application/ports.ts'

/** A provider as spans tell of it. */
export interface TracedProvider {
  /** As it is configured. */
  readonly name: string
  /** Null for one within this process. */
  readonly baseUrl: URL | null
}

type Attributes = Record<string, SpanValue>

/** Names that the conventions have for providers, by the end of their host's name. */
const wellKnown: readonly (readonly [string, string])[] = [
  ['api.openai.com', 'openai'],
  ['.openai.azure.com', 'azure.ai.openai'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['api.groq.com', 'groq'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cohere.ai', 'cohere'],
  ['api.x.ai', 'x_ai'],
]

export function describeGeneration(provider: TracedProvider, request: ModelRequest): SpanDescription {
  const { providerModel, options, delivery, responseId, attempt } = request
  const attributes: Attributes = {
    ...common('chat', provider, providerModel),
    'gen_ai.request.stream': delivery === 'incremental',
    'gen_ai.output.type': options.textFormat === undefined || options.textFormat.type === 'text' ? 'text' : 'json',
    'parley.response_id': responseId,
    'parley.attempt': attempt,
  }
  const given: Record<string, number | undefined> = {
    'gen_ai.request.max_tokens': options.maxOutputTokens,
    'gen_ai.request.temperature': options.temperature,
    'gen_ai.request.top_p': options.topP,
    'gen_ai.request.frequency_penalty': options.frequencyPenalty,
    'gen_ai.request.presence_penalty': options.presencePenalty,
    'gen_ai.request.choice.count': options.choices,
  }
  for (const [name, value] of Object.entries(given)) if (value !== undefined) attributes[name] = value
  return { name: `chat ${providerModel}`, kind: 'client', attributes }
}

export function describeEmbedding(provider: TracedProvider, request: EmbeddingRequest): SpanDescription {
  const { providerModel, dimensions, encoding } = request
  const attributes: Attributes = {
    ...common('embeddings', provider, providerModel),
    'gen_ai.request.encoding_formats': [encoding],
    ...(dimensions !== null && { 'gen_ai.embeddings.dimension.count': dimensions }),
  }
  return { name: `embeddings ${providerModel}`, kind: 'client', attributes }
}

export function endAttributes({ providerModel, finish, finishes, usage }: ModelEnd): [string, SpanValue][] {
  const reasons = (finishes ?? [finish]).map((reason) => reason.replace('-', '_'))
  const told: [string, SpanValue][] = [
    ['gen_ai.response.model', providerModel],
    ['gen_ai.response.finish_reasons', reasons],
  ]
  if (usage === null) return told
  return [
    ...told,
    ['gen_ai.usage.input_tokens', usage.inputTokens],
    ['gen_ai.usage.output_tokens', usage.outputTokens],
    ['gen_ai.usage.cache_read.input_tokens', usage.cachedInputTokens],
    ['gen_ai.usage.reasoning.output_tokens', usage.reasoningTokens],
  ]
}

function common(operation: string, { name, baseUrl }: TracedProvider, model: string): Attributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': wellKnownName(baseUrl) ?? name,
    'gen_ai.request.model': model,
    'parley.provider': name,
    ...(baseUrl !== null && { 'server.address': baseUrl.hostname, 'server.port': portOf(baseUrl) }),
  }
}

function wellKnownName(url: URL | null): string | undefined {
  return url === null ? undefined : wellKnown.find(([host]) => url.hostname.endsWith(host))?.[1]
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
