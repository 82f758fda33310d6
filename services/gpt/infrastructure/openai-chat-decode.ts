import type { Usage } from '@parley/kernel/usage.ts'
import type { ModelStep } from '../application/ports.ts'
import type { AnswerDialect, DecodeOptions, StreamDecoder } from './answer-dialect.ts'
import { ChoiceDecoders } from './choice-decoder.ts'
import { countOf, isObject, objectsOf, stringOf } from './json-values.ts'
import { parseAnswer } from './parse-answer.ts'
import { garbled, reportedFailure } from './provider-failures.ts'

export const chatAnswers: AnswerDialect = {
  openStream: (options) => new ChatStreamDecoder(options),
  decodeWhole: decodeChatAnswer,
}

/** The steps of a whole `chat.completion` body. Throws PROVIDER_GARBLED, or what an error in the body stands for. */
function decodeChatAnswer(text: string, options: DecodeOptions): ModelStep[] {
  const body = parseAnswer(text, options.provider)
  if (isObject(body['error'])) throw reportedFailure(body['error'], options.provider)
  const answers = new ChoiceDecoders(options)
  for (const choice of objectsOf(body['choices'])) answers.of(choice)?.readWhole(choice)
  const steps: ModelStep[] = answers.take()
  steps.push({
    type: 'model-end',
    ...answers.finish('its answer has no message'),
    usage: readUsage(body['usage']),
    providerModel: stringOf(body['model']) || options.providerModel,
  })
  return steps
}

/**
 * Decodes the `data` of a stream's events, one by one:
 *
 *   reading --finish_reason of every choice--> finished --[DONE] or end of input--> done
 *
 * Usage may come with any event; the last one counts. `[DONE]` without a finish reason ends an answer that has output.
 */
class ChatStreamDecoder implements StreamDecoder {
  readonly #options: DecodeOptions
  readonly #answers: ChoiceDecoders
  #usage: Usage | null = null
  #providerModel: string
  #doneSeen = false

  constructor(options: DecodeOptions) {
    this.#options = options
    this.#answers = new ChoiceDecoders(options)
    this.#providerModel = options.providerModel
  }

  /** The model has said why it stopped; at most usage is still to come. */
  get isFinished(): boolean {
    return this.#answers.areFinished
  }

  /** `[DONE]` was read; what follows has no meaning. */
  get isDone(): boolean {
    return this.#doneSeen
  }

  /** True when the event brought the answer forward. Throws PROVIDER_GARBLED, or what an error event stands for. */
  push(data: string): boolean {
    if (this.#doneSeen) return false
    if (data === '[DONE]') {
      this.#doneSeen = true
      return true
    }
    const event = parseAnswer(data, this.#options.provider)
    if (event['error'] !== undefined && event['error'] !== null) {
      throw reportedFailure(event['error'], this.#options.provider)
    }
    this.#usage = readUsage(event['usage']) ?? this.#usage
    this.#providerModel = stringOf(event['model']) || this.#providerModel
    const { choices } = event
    let progress = false
    if (!Array.isArray(choices)) return progress
    for (const choice of choices) {
      if (isObject(choice) && this.#answers.of(choice)?.readDelta(choice) === true) progress = true
    }
    return progress
  }

  /** The steps decoded since the last call. */
  take(): ModelStep[] {
    return this.#answers.take()
  }

  /** The remaining steps, once the input has ended. Throws PROVIDER_GARBLED when the answer is not complete. */
  end(): ModelStep[] {
    if (this.#doneSeen) this.#answers.closeWritten()
    const cutShort = 'its stream ended before the answer did'
    if (!this.#answers.areFinished && !this.#doneSeen) throw garbled(this.#options.provider, cutShort)
    const finish = this.#answers.finish(cutShort)
    const steps: ModelStep[] = this.take()
    steps.push({ type: 'model-end', ...finish, usage: this.#usage, providerModel: this.#providerModel })
    return steps
  }
}

function readUsage(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const inputTokens = countOf(value['prompt_tokens'])
  const outputTokens = countOf(value['completion_tokens'])
  if (inputTokens === null || outputTokens === null) return null
  const input = value['prompt_tokens_details']
  const output = value['completion_tokens_details']
  return {
    inputTokens,
    cachedInputTokens: isObject(input) ? (countOf(input['cached_tokens']) ?? 0) : 0,
    outputTokens,
    reasoningTokens: isObject(output) ? (countOf(output['reasoning_tokens']) ?? 0) : 0,
    provenance: 'provider',
  }
}
