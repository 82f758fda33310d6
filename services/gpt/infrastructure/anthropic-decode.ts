import type { FinishReason } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { ModelEnd, ModelStep } from '../application/ports.ts'
import type { AnswerDialect, DecodeOptions, StreamDecoder } from './answer-dialect.ts'
import { BlockReader } from './anthropic-block-reader.ts'
import { countOf, isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'
import { parseAnswer } from './parse-answer.ts'
import { garbled, reportedFailure } from './provider-failures.ts'

export const messagesAnswers: AnswerDialect = {
  openStream: (options) => new MessagesStreamDecoder(options),
  decodeWhole: decodeMessage,
}

/** The steps of a whole message. */
function decodeMessage(text: string, options: DecodeOptions): ModelStep[] {
  const { provider } = options
  const message = parseAnswer(text, provider)
  if (isObject(message['error'])) throw reportedFailure(message['error'], provider)
  if (!Array.isArray(message['content'])) throw garbled(provider, 'its answer has no content')
  const blocks = new BlockReader(options)
  for (const block of objectsOf(message['content'])) {
    blocks.start(block)
    blocks.stop()
  }
  const end = readEnd(message, message, options)
  blocks.finish(end.finish)
  return [...blocks.take(), end]
}

/**
 * Decodes the events of a streamed message:
 *
 *   message_start (content_block_start content_block_delta* content_block_stop)* message_delta message_stop
 *
 * `ping` may come at any time, and says nothing. Usage comes with the first event and again, cumulative, with
 * `message_delta`, which also says why the model stopped.
 */
class MessagesStreamDecoder implements StreamDecoder {
  readonly #options: DecodeOptions
  readonly #blocks: BlockReader
  #message: JsonObject = {}
  #end: ModelEnd | null = null
  isDone = false

  constructor(options: DecodeOptions) {
    this.#options = options
    this.#blocks = new BlockReader(options)
  }

  get isFinished(): boolean {
    return this.#end !== null
  }

  push(data: string): boolean {
    if (this.isDone) return false
    const event = parseAnswer(data, this.#options.provider)
    switch (event['type']) {
      case 'message_start':
        if (isObject(event['message'])) this.#message = event['message']
        return false
      case 'content_block_start':
        return isObject(event['content_block']) && this.#blocks.start(event['content_block'], event['index'])
      case 'content_block_delta':
        return isObject(event['delta']) && this.#blocks.delta(event['delta'], event['index'])
      case 'content_block_stop':
        this.#blocks.stop()
        return false
      case 'message_delta':
        return this.#readDelta(event)
      case 'message_stop':
        this.isDone = true
        return true
      case 'error':
        throw reportedFailure(event['error'], this.#options.provider)
      default:
        return false
    }
  }

  take(): ModelStep[] {
    return this.#blocks.take()
  }

  end(): ModelStep[] {
    if (this.#end === null) throw garbled(this.#options.provider, 'its stream ended before the answer did')
    this.#blocks.finish(this.#end.finish)
    return [...this.#blocks.take(), this.#end]
  }

  /** One may come for its usage alone, before the one that says why the model stopped. */
  #readDelta(event: JsonObject): boolean {
    const delta = isObject(event['delta']) ? event['delta'] : {}
    const usage = { ...objectOf(this.#message['usage']), ...withoutNulls(objectOf(event['usage'])) }
    this.#message = { ...this.#message, usage }
    if (typeof delta['stop_reason'] !== 'string') return false
    this.#end = readEnd(this.#message, delta, this.#options)
    return true
  }
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
}

/** `said`: where the reason stands, which is the message itself when it came whole. */
function readEnd(message: JsonObject, said: JsonObject, { provider, providerModel }: DecodeOptions): ModelEnd {
  const reason = stringOf(said['stop_reason'])
  if (reason === '') throw garbled(provider, 'its answer does not say why it ended')
  const stopSequence = stringOf(said['stop_sequence'])
  return {
    type: 'model-end',
    finish: Object.hasOwn(finishReasons, reason) ? (finishReasons[reason] ?? 'stop') : 'stop',
    usage: readUsage(message['usage']),
    providerModel: stringOf(message['model']) || providerModel,
    ...(stopSequence !== '' && { stopSequence }),
    native: { dialect: 'messages', fields: endFields(message, said) },
  }
}

/** What a message says of itself and is no part of its answer, nor made anew for the client. */
const retold: ReadonlySet<string> = new Set(['id', 'type', 'role', 'model', 'content', 'stop_sequence'])

function endFields(message: JsonObject, said: JsonObject): Record<string, unknown> {
  const fields = Object.entries({ ...message, ...said }).filter(([name, value]) => value !== null && !retold.has(name))
  return Object.fromEntries(fields)
}

/** Cached input and input that was written to the cache are counted apart from the rest. */
function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const input = countOf(value['input_tokens'])
  const outputTokens = countOf(value['output_tokens'])
  if (input === null || outputTokens === null) return null
  const cachedInputTokens = countOf(value['cache_read_input_tokens']) ?? 0
  const cacheWriteTokens = countOf(value['cache_creation_input_tokens']) ?? 0
  const reasoningTokens = countOf(objectOf(value['output_tokens_details'])['thinking_tokens']) ?? 0
  const inputTokens = input + cachedInputTokens + cacheWriteTokens
  return {
    inputTokens,
    cachedInputTokens,
    ...(cacheWriteTokens > 0 && { cacheWriteTokens }),
    outputTokens,
    reasoningTokens,
    provenance: 'provider',
  }
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function withoutNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}
