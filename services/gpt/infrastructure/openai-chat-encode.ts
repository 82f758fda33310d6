import type { GenerationOptions, TextFormat } from '@parley/kernel/generation.ts'
import type { ModelRequest } from '../application/ports.ts'
import type { ChatFlavour } from './chat-flavour.ts'
import { encodeMessages } from './openai-chat-messages.ts'
import { encodeTools } from './openai-chat-tools.ts'
import { refuseMessagesParameters } from './refuse-messages-only.ts'
import { unsupported } from './unsupported.ts'

/**
 * The body of `POST chat/completions`. Parameters of the caller's own that came in as chat are sent as they came, unless
 * Parley sets the same one. Throws UNSUPPORTED_PARAMETER for input that the dialect cannot express.
 */
export function encodeChatBody(request: ModelRequest, flavour: ChatFlavour): string {
  const { options, delivery } = request
  refuseMessagesParameters(options.native, request.items)
  const native = options.native === undefined ? {} : encodeNative(options.native, flavour)
  const body: Record<string, unknown> = { ...native, model: request.providerModel }
  body['messages'] = encodeMessages(request, flavour)
  const asked = encodeOptions(options, { flavour, native })
  for (const name in asked) if (asked[name] !== undefined) body[name] = asked[name]
  if (delivery === 'incremental') {
    body['stream'] = true
    body['stream_options'] = { ...asRecord(native['stream_options']), include_usage: true }
  } else {
    delete body['stream']
    delete body['stream_options']
  }
  return JSON.stringify(body)
}

/** Parameters of another dialect are translated where this one has a word for them, or refused if they are wishes. */
function encodeNative(
  { dialect, parameters }: NonNullable<GenerationOptions['native']>,
  { strictFields }: ChatFlavour,
): Readonly<Record<string, unknown>> {
  if (dialect === 'chat') return parameters
  if (dialect !== 'messages') return {}
  const { top_k: topK, metadata } = parameters
  if (topK !== undefined && strictFields) throw unsupported('top_k', 'top_k; leave it out')
  const userId = asRecord(metadata)['user_id']
  const user = typeof userId === 'string' && userId.length <= userCharsMax ? userId : undefined
  return { ...(topK !== undefined && { top_k: topK }), ...(user !== undefined && { user }) }
}

const userCharsMax = 64

function encodeOptions(
  options: GenerationOptions,
  { flavour, native }: { flavour: ChatFlavour; native: Readonly<Record<string, unknown>> },
): Record<string, unknown> {
  const limitGiven = 'max_tokens' in native || 'max_completion_tokens' in native
  const limit = limitGiven ? undefined : options.maxOutputTokens
  const takesNewLimit = flavour.maxTokensField === 'max_completion_tokens'
  return {
    temperature: options.temperature,
    top_p: options.topP,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    max_tokens: takesNewLimit ? undefined : limit,
    max_completion_tokens: takesNewLimit ? limit : undefined,
    stop: options.stop,
    ...encodeTools(options, flavour),
    parallel_tool_calls: options.parallelToolCalls,
    response_format: options.textFormat === undefined ? undefined : encodeTextFormat(options.textFormat),
    reasoning_effort: options.reasoningEffort,
    n: options.choices,
    ...(options.topLogprobs !== undefined && {
      logprobs: true,
      top_logprobs: options.topLogprobs === 0 ? undefined : options.topLogprobs,
    }),
  }
}

function encodeTextFormat(format: TextFormat): unknown {
  if (format.type !== 'json_schema') return format
  const { name, schema, description, strict } = format
  return {
    type: 'json_schema',
    json_schema: { name, description: description ?? undefined, schema, strict: strict ?? undefined },
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
