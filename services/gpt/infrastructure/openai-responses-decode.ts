import type { FinishReason } from '@parley/kernel/frames.ts'
import type { Usage } from '@parley/kernel/usage.ts'
import type { ModelEnd, ModelStep } from '../application/ports.ts'
import type { AnswerDialect, DecodeOptions, StreamDecoder } from './answer-dialect.ts'
import { countOf, isObject, type JsonObject, objectsOf, stringOf } from './json-values.ts'
import { ResponseItemReader } from './openai-responses-reader.ts'
import { parseAnswer } from './parse-answer.ts'
import { garbled, reportedFailure } from './provider-failures.ts'

export const responsesAnswers: AnswerDialect = {
  openStream: (options) => new ResponsesStreamDecoder(options),
  decodeWhole: decodeResponse,
}

/** The steps of a whole response. */
function decodeResponse(text: string, options: DecodeOptions): ModelStep[] {
  const response = parseAnswer(text, options.provider)
  if (!Array.isArray(response['output'])) {
    if (isObject(response['error'])) throw failureOf(response['error'], options)
    throw garbled(options.provider, 'its answer has no output')
  }
  const items = new ResponseItemReader(options)
  const end = readEnd(response, options)
  items.finish(objectsOf(response['output']), end.finish)
  return [...items.take(), end]
}

/**
 * Decodes the events of a streamed response:
 *
 *   created in_progress (output_item.added (… delta | … done)* output_item.done)* completed | incomplete | failed
 *
 * What the last event holds is what was said before; it counts where an item was not told before.
 */
class ResponsesStreamDecoder implements StreamDecoder {
  readonly #options: DecodeOptions
  readonly #items: ResponseItemReader
  #end: ModelEnd | null = null
  isDone = false

  constructor(options: DecodeOptions) {
    this.#options = options
    this.#items = new ResponseItemReader(options)
  }

  get isFinished(): boolean {
    return this.#end !== null
  }

  push(data: string): boolean {
    if (this.isDone) return false
    if (data === '[DONE]') {
      this.isDone = true
      return true
    }
    const event = parseAnswer(data, this.#options.provider)
    switch (event['type']) {
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        this.#finish(isObject(event['response']) ? event['response'] : {})
        return true
      case 'error':
        throw failureOf(isObject(event['error']) ? event['error'] : event, this.#options)
      default:
        return this.#end === null && this.#items.read(event)
    }
  }

  take(): ModelStep[] {
    return this.#items.take()
  }

  end(): ModelStep[] {
    if (this.#end === null) throw garbled(this.#options.provider, 'its stream ended before the answer did')
    return [...this.#items.take(), this.#end]
  }

  #finish(response: JsonObject): void {
    this.#end = readEnd(response, this.#options)
    this.#items.finish(objectsOf(response['output']), this.#end.finish)
    this.isDone = true
  }
}

/** Throws what a failed response stands for, and PROVIDER_GARBLED for one that has not ended. */
function readEnd(response: JsonObject, options: DecodeOptions): ModelEnd {
  const { status, error, incomplete_details: details, output } = response
  if (status === 'failed' || isObject(error)) throw failureOf(error, options)
  if (status !== 'completed' && status !== 'incomplete') {
    throw garbled(options.provider, `its answer ended as '${stringOf(status).slice(0, 20)}'`)
  }
  return {
    type: 'model-end',
    finish: status === 'completed' ? endOf(objectsOf(output)) : cutOf(details),
    usage: readUsage(response['usage']),
    providerModel: stringOf(response['model']) || options.providerModel,
  }
}

const callTypes: ReadonlySet<unknown> = new Set(['function_call', 'custom_tool_call'])

function endOf(output: readonly JsonObject[]): FinishReason {
  return output.some(({ type }) => callTypes.has(type)) ? 'tool-calls' : 'stop'
}

function cutOf(details: unknown): FinishReason {
  return isObject(details) && details['reason'] === 'content_filter' ? 'content-filter' : 'length'
}

/** A failed response names its failure by a code alone; those of the request begin alike. */
function failureOf(error: unknown, { provider }: DecodeOptions): Error {
  const said = isObject(error) ? error : { message: 'it failed and does not say why' }
  const isOfRequest = /^(?:invalid|image|unsupported|empty)_/.test(stringOf(said['code']))
  return reportedFailure(isOfRequest ? { ...said, type: 'invalid_request_error' } : said, provider)
}

function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const inputTokens = countOf(value['input_tokens'])
  const outputTokens = countOf(value['output_tokens'])
  if (inputTokens === null || outputTokens === null) return null
  const { input_tokens_details: input, output_tokens_details: output } = value
  const cacheWriteTokens = isObject(input) ? (countOf(input['cache_write_tokens']) ?? 0) : 0
  return {
    inputTokens,
    cachedInputTokens: isObject(input) ? (countOf(input['cached_tokens']) ?? 0) : 0,
    ...(cacheWriteTokens > 0 && { cacheWriteTokens }),
    outputTokens,
    reasoningTokens: isObject(output) ? (countOf(output['reasoning_tokens']) ?? 0) : 0,
    provenance: 'provider',
  }
}
